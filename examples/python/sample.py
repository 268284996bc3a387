"""What every sample shares: one worker, one client, and the end of both."""

import logging
import os
import time

from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker

# Longer than any sample takes; a wait that reaches it has failed.
DEADLINE_SECONDS = 60

_logger = logging.getLogger("sample")
_logger.addHandler(logging.NullHandler())
_logger.propagate = False

_connection = {
    "host_address": os.environ.get("PERDURA_ENDPOINT", "localhost:8080"),
    "taskhub": os.environ.get("PERDURA_HUB", "default"),
    "token_credential": None,
    "secure_channel": False,
    "logger": _logger,
}


def new_worker(*, orchestrators=(), activities=(), entities=(), versioning=None):
    """A worker that takes these functions and no others: samples don't disturb other workers of the task hub."""
    worker = DurableTaskSchedulerWorker(**_connection)
    for orchestrator in orchestrators:
        worker.add_orchestrator(orchestrator)
    for activity in activities:
        worker.add_activity(activity)
    for entity in entities:
        worker.add_entity(entity)
    if versioning is not None:
        worker.use_versioning(versioning)
    worker.use_work_item_filters()
    return worker


def run_sample(sample, **parts):
    """Runs a sample with a client, beside a worker of the parts."""
    client = DurableTaskSchedulerClient(**_connection)
    with new_worker(**parts) as worker:
        worker.start()
        sample(client)
    client.close()


def output_of(client, instance_id):
    """Waits for the end of an instance and gives its output; raises when it has failed."""
    state = client.wait_for_orchestration_completion(instance_id, timeout=DEADLINE_SECONDS)
    state.raise_if_failed()
    return state.get_output()


def until(ask):
    """Asks until the answer is not None."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        answer = ask()
        if answer is not None:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError("It never happened.")
        time.sleep(0.1)
