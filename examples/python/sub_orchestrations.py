"""Sub-orchestrations: an orchestration made of others, each with a history of its own."""

from durabletask import task
from sample import output_of, run_sample


def install(_, device):
    return f"{device} installed"


def set_up_device(context, device):
    return (yield context.call_activity(install, input=device))


def set_up_site(context, devices):
    return (yield task.when_all([context.call_sub_orchestrator(set_up_device, input=device) for device in devices]))


def sample(client):
    output = output_of(client, client.schedule_new_orchestration(set_up_site, input=["lamp", "door"]))
    print(", ".join(output))
    assert output == ["lamp installed", "door installed"]


run_sample(sample, orchestrators=[set_up_device, set_up_site], activities=[install])
