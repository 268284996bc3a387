"""History export: the history of each finished instance as one line, for a file or an archive."""

from datetime import datetime, timedelta, timezone

from durabletask.client import OrchestrationStatus
from durabletask.history import ExecutionCompletedEvent
from sample import output_of, run_sample


def double(_, number):
    return number * 2


def doubling(context, number):
    return (yield context.call_activity(double, input=number))


def completed_since(client, since):
    """The ids of all instances that completed since then, page by page."""
    token = None
    while True:
        page = client.list_instance_ids(
            runtime_status=[OrchestrationStatus.COMPLETED], completed_time_from=since, continuation_token=token
        )
        yield from page.items
        token = page.continuation_token
        if not token:
            return


def sample(client):
    since = datetime.now(timezone.utc) - timedelta(seconds=1)
    ids = [client.schedule_new_orchestration(doubling, input=number) for number in (1, 2, 3)]
    for instance_id in ids:
        output_of(client, instance_id)

    exported = {
        instance_id: client.get_orchestration_history(instance_id) for instance_id in completed_since(client, since)
    }
    print(f"{len(exported)} histories exported")
    for instance_id in ids:
        assert isinstance(exported[instance_id][-1], ExecutionCompletedEvent)


run_sample(sample, orchestrators=[doubling], activities=[double])
