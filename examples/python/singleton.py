"""Singleton: an instance with a fixed id. A second start is refused while the first one runs."""

import grpc
from sample import output_of, run_sample

INSTANCE_ID = "nightly-import"


def import_all(context, _):
    return (yield context.wait_for_external_event("finish"))


def start_once(client):
    try:
        client.schedule_new_orchestration(import_all, instance_id=INSTANCE_ID)
        return "started"
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.ALREADY_EXISTS:
            return "runs already"
        raise


def sample(client):
    answers = [start_once(client), start_once(client)]
    client.raise_orchestration_event(INSTANCE_ID, "finish", data="done")
    output_of(client, INSTANCE_ID)

    print(", ".join(answers))
    assert answers == ["started", "runs already"]


run_sample(sample, orchestrators=[import_all])
