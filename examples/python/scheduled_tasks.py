"""Scheduled task: starts at a time, then does its work at an interval that does not drift."""

from datetime import datetime, timedelta, timezone

from sample import output_of, run_sample

INTERVAL_SECONDS = 0.5
runs = []


def send_reminder(_, due_at):
    runs.append(due_at)


def reminders(context, plan):
    due_at = plan["due_at"]
    yield context.create_timer(datetime.fromtimestamp(due_at, timezone.utc))
    yield context.call_activity(send_reminder, input=due_at)
    if plan["left"] == 1:
        return "all sent"
    # From the time that was due, not from now: what the work took does not add up.
    context.continue_as_new({"due_at": due_at + INTERVAL_SECONDS, "left": plan["left"] - 1})


def sample(client):
    start_at = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=2)
    first = start_at.timestamp()
    plan = {"due_at": first, "left": 3}
    output = output_of(client, client.schedule_new_orchestration(reminders, input=plan, start_at=start_at))
    print(f"{output}: {len(runs)}")
    assert output == "all sent"
    assert runs == [first, first + 0.5, first + 1]
    assert datetime.now(timezone.utc).timestamp() >= first + 1


run_sample(sample, orchestrators=[reminders], activities=[send_reminder])
