"""Human interaction: an orchestration waits for somebody's answer, and goes on without one after a while."""

from datetime import timedelta

from durabletask import task
from sample import output_of, run_sample


def approval(context, patience_seconds):
    answer = context.wait_for_external_event("answer")
    timeout = context.create_timer(timedelta(seconds=patience_seconds))
    first = yield task.when_any([answer, timeout])
    return "escalated" if first is timeout else answer.get_result()


def sample(client):
    answered = client.schedule_new_orchestration(approval, input=3600)
    client.raise_orchestration_event(answered, "answer", data="approved")
    forgotten = client.schedule_new_orchestration(approval, input=1)

    outputs = [output_of(client, answered), output_of(client, forgotten)]
    print(", ".join(outputs))
    assert outputs == ["approved", "escalated"]


run_sample(sample, orchestrators=[approval])
