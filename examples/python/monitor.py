"""Monitor: looks at something again and again, with a durable timer in between, until it is as wanted."""

from datetime import timedelta

from sample import output_of, run_sample

looks = 0


def look_at_job(*_):
    """Stands for a system outside; it says "ready" the third time it is asked."""
    global looks
    looks += 1
    return "busy" if looks < 3 else "ready"


def monitor(context, rounds_left):
    status = yield context.call_activity(look_at_job)
    if status == "ready":
        return "the job is ready"
    if rounds_left == 0:
        return "gave up"
    yield context.create_timer(timedelta(seconds=0.3))
    # A new execution: the history stays short, however long this goes on.
    context.continue_as_new(rounds_left - 1)


def sample(client):
    output = output_of(client, client.schedule_new_orchestration(monitor, input=100))
    print(f"{output} after {looks} looks")
    assert (output, looks) == ("the job is ready", 3)


run_sample(sample, orchestrators=[monitor], activities=[look_at_job])
