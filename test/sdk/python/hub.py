"""What every test here stands on: a task hub of its own, seen only through the published Python packages.

The hub comes into being with the first call that names it. The package's worker takes a second to stop, so a test only
begins to stop its workers; the run waits for all of them at its end.
"""

import logging
import os
import threading
import time
import unittest
import uuid

from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.client import OrchestrationStatus
from durabletask.worker import ConcurrencyOptions

ENDPOINT = os.environ["PERDURA_TEST_ENDPOINT"]

# Longer than anything here takes on a slow machine; a test that reaches it has failed.
DEADLINE_SECONDS = 30

# The package logs what a worker meets; a test that fails says what it expected.
SILENCE = logging.getLogger("sdk-silence")
SILENCE.addHandler(logging.NullHandler())
SILENCE.propagate = False

_stopping = []


def join_stopping_workers():
    for thread in _stopping:
        thread.join()


class Hub:
    """A task hub with a client and any number of workers."""

    def __init__(self):
        self.name = f"sdk-{uuid.uuid4().hex[:13]}"
        self.client = DurableTaskSchedulerClient(**self.connection())
        self._workers = []

    def connection(self):
        """How a client or a worker of the package reaches this hub."""
        return {
            "host_address": ENDPOINT,
            "taskhub": self.name,
            "token_credential": None,
            "secure_channel": False,
            "logger": SILENCE,
        }

    def work(
        self, *, orchestrators=(), activities=(), entities=(), extend=None, versioning=None, filters=None, **options
    ):
        """Starts a worker with these functions; each is known by its Python name.

        `extend` adds to the worker what an extension of the package needs. `filters` is a WorkItemFilters, or "auto"
        for those that the package makes of the functions.
        """
        # Tests block activities on purpose; the package's few threads would block its orchestrators with them.
        options.setdefault("concurrency_options", ConcurrencyOptions(maximum_thread_pool_workers=64))
        worker = DurableTaskSchedulerWorker(**self.connection(), **options)
        for orchestrator in orchestrators:
            worker.add_orchestrator(orchestrator)
        for activity in activities:
            worker.add_activity(activity)
        for entity in entities:
            worker.add_entity(entity)
        if extend is not None:
            extend(worker)
        if versioning is not None:
            worker.use_versioning(versioning)
        if filters == "auto":
            worker.use_work_item_filters()
        elif filters is not None:
            worker.use_work_item_filters(filters)
        self._workers.append(worker)
        worker.start()
        return worker

    def stop(self, worker):
        """Stops a worker in the middle of a test and waits until it has ended."""
        self._workers.remove(worker)
        worker.stop()

    def start(self, orchestrator, value=None, **options):
        """Starts an instance of the orchestrator, a function or a name, and gives its id."""
        return self.client.schedule_new_orchestration(orchestrator, input=value, **options)

    def end(self, instance_id):
        """Waits until the instance has ended, however it ended."""
        state = self.client.wait_for_orchestration_completion(instance_id, timeout=DEADLINE_SECONDS)
        return _known(state, instance_id)

    def run(self, orchestrator, value=None, **options):
        """Starts an instance and waits until it has ended."""
        return self.end(self.start(orchestrator, value, **options))

    def state(self, instance_id):
        return _known(self.client.get_orchestration_state(instance_id), instance_id)

    def until(self, instance_id, looks_right):
        """Asks for the instance until it looks as described."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            state = self.client.get_orchestration_state(instance_id)
            if state is not None and looks_right(state):
                return state
            if time.monotonic() > deadline:
                raise AssertionError(f'"{instance_id}" never looked right: {state}')

    def has_status(self, instance_id, status):
        return self.until(instance_id, lambda state: state.runtime_status == status)

    def is_running(self, instance_id):
        return self.has_status(instance_id, OrchestrationStatus.RUNNING)

    def close(self):
        """Begins to stop everything."""
        for worker in self._workers:
            thread = threading.Thread(target=worker.stop)
            _stopping.append(thread)
            thread.start()
        self.client.close()


def _known(state, instance_id):
    if state is None:
        raise AssertionError(f'the server does not know "{instance_id}"')
    return state


class HubTest(unittest.TestCase):
    """A test with a hub of its own."""

    def setUp(self):
        self.hub = self.new_hub()

    def new_hub(self):
        hub = Hub()
        self.addCleanup(hub.close)
        return hub

    def gate(self):
        """A door that activities wait at until the test opens it; the end of the test opens it too."""
        event = threading.Event()
        self.addCleanup(event.set)
        return event

    def passes(self, event):
        """Waits for an event of a worker's thread."""
        self.assertTrue(event.wait(DEADLINE_SECONDS), "the worker never came so far")

    def assert_becomes(self, ask, expected):
        """Asks until the answer is as expected."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (answer := ask()) != expected:
            if time.monotonic() > deadline:
                self.assertEqual(answer, expected)
            time.sleep(0.01)

    def assert_status(self, state, status, output=...):
        self.assertEqual(state.runtime_status, status, state.failure_details)
        if output is not ...:
            self.assertEqual(state.get_output(), output)

    def assert_completed(self, state, output=...):
        self.assert_status(state, OrchestrationStatus.COMPLETED, output)


class Counter:
    """Counts arrivals on any thread; `reached` waits for the n-th."""

    def __init__(self):
        self.count = 0
        self._condition = threading.Condition()

    def arrive(self):
        with self._condition:
            self.count += 1
            self._condition.notify_all()
            return self.count

    def reached(self, at):
        with self._condition:
            if not self._condition.wait_for(lambda: self.count >= at, DEADLINE_SECONDS):
                raise AssertionError(f"only {self.count} of {at} came")
