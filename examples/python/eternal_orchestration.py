"""Eternal orchestration: runs for ever as a chain of executions. Events that come in between are kept."""

from sample import output_of, run_sample


def meter(context, total):
    reading = yield context.wait_for_external_event("reading")
    if reading == "stop":
        return total
    context.continue_as_new(total + reading, save_events=True)


def sample(client):
    instance_id = client.schedule_new_orchestration(meter, input=0)
    for reading in [*range(1, 11), "stop"]:
        client.raise_orchestration_event(instance_id, "reading", data=reading)
    output = output_of(client, instance_id)
    print(f"10 readings, {output} in all")
    assert output == 55


run_sample(sample, orchestrators=[meter])
