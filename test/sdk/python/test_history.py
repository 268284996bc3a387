from datetime import timedelta

from durabletask import history as events
from durabletask import task
from durabletask.client import OrchestrationStatus
from hub import HubTest

# Just under 1 MiB as JSON.
LARGE = "abcdefghijklmno\n" * 61_000


def echo(_, value):
    return value


def collect(context, count):
    """Keeps in its history all events that it waits for."""
    length = 0
    for _ in range(count):
        length += len((yield context.wait_for_external_event("large")))
    return length


class History(HubTest):
    def history(self, instance_id, **options):
        return self.hub.client.get_orchestration_history(instance_id, **options)

    def names(self, instance_id):
        return [type(event).__name__.removesuffix("Event") for event in self.history(instance_id)]

    def of(self, kind, instance_id):
        return [event for event in self.history(instance_id) if isinstance(event, kind)]

    def test_an_activity_a_timer_and_a_child_make_exactly_these_twelve_events(self):
        def three(context, _):
            yield context.call_activity(echo, input=1)
            yield context.create_timer(timedelta(milliseconds=50))
            return (yield context.call_sub_orchestrator(echo, input=2))

        self.hub.work(orchestrators=[three, echo], activities=[echo])
        self.hub.run(three, instance_id="three")

        expected = [
            *("OrchestratorStarted", "ExecutionStarted", "TaskScheduled"),
            *("OrchestratorStarted", "TaskCompleted", "TimerCreated"),
            *("OrchestratorStarted", "TimerFired", "SubOrchestrationInstanceCreated"),
            *("OrchestratorStarted", "SubOrchestrationInstanceCompleted", "ExecutionCompleted"),
        ]
        self.assertEqual(self.names("three"), expected)
        # The start has 0, the end the id of the action that completed.
        numbers = [event.event_id for event in self.history("three") if event.event_id >= 0]
        self.assertEqual(numbers, [0, 1, 2, 3, 4])

    def test_events_suspensions_and_failures_are_in_the_history_with_their_details(self):
        def breaks(*_):
            raise ValueError("as planned")

        def eventful(context, _):
            yield context.wait_for_external_event("go")
            yield context.call_activity(breaks)

        self.hub.work(orchestrators=[eventful], activities=[breaks])
        self.hub.start(eventful, instance_id="eventful")
        self.hub.is_running("eventful")
        self.hub.client.suspend_orchestration("eventful")
        self.hub.client.resume_orchestration("eventful")
        self.hub.client.raise_orchestration_event("eventful", "go", data="said")
        self.hub.end("eventful")

        expected = [
            *("ExecutionStarted", "ExecutionSuspended", "ExecutionResumed", "EventRaised"),
            *("TaskScheduled", "TaskFailed", "ExecutionCompleted"),
        ]
        self.assertEqual([name for name in self.names("eventful") if name != "OrchestratorStarted"], expected)
        [raised] = self.of(events.EventRaisedEvent, "eventful")
        self.assertEqual((raised.name, raised.input), ("go", '"said"'))
        [failed] = self.of(events.TaskFailedEvent, "eventful")
        self.assertEqual(failed.failure_details.error_type, "builtins.ValueError")
        self.assertEqual(failed.failure_details.message, "as planned")

    def test_an_unknown_instance_and_an_execution_that_is_over_have_an_empty_history(self):
        self.hub.work(orchestrators=[echo])
        self.hub.run(echo, instance_id="again")
        [first] = self.of(events.ExecutionStartedEvent, "again")
        self.hub.client.restart_orchestration("again")
        self.hub.end("again")
        [second] = self.of(events.ExecutionStartedEvent, "again")
        old, new = first.orchestration_instance.execution_id, second.orchestration_instance.execution_id

        self.assertEqual(self.history("nobody"), [])
        self.assertEqual(self.history("again", execution_id=old), [])
        self.assertEqual(self.history("again", execution_id=new), self.history("again"))
        self.assertEqual(len(self.history("again")), 3)

    def test_a_fan_out_of_1000_comes_back_whole_and_so_does_its_history(self):
        def fan_out(context, width):
            return sum((yield task.when_all([context.call_activity(echo, input=i) for i in range(width)])))

        self.hub.work(orchestrators=[fan_out], activities=[echo])

        self.assert_completed(self.hub.run(fan_out, 1000, instance_id="wide"), sum(range(1000)))
        scheduled = self.of(events.TaskScheduledEvent, "wide")
        completed = self.of(events.TaskCompletedEvent, "wide")
        self.assertEqual([event.event_id for event in scheduled], list(range(1, 1001)))
        self.assertEqual(sorted(event.task_scheduled_id for event in completed), list(range(1, 1001)))

    def test_a_history_that_no_worker_takes_any_more_comes_to_the_client_in_parts(self):
        self.hub.work(orchestrators=[collect])
        self.hub.start(collect, 6, instance_id="large")
        for _ in range(6):
            self.hub.client.raise_orchestration_event("large", "large", data=LARGE)

        self.assert_status(self.hub.end("large"), OrchestrationStatus.FAILED)
        raised = self.of(events.EventRaisedEvent, "large")

        # More than the package receives in one message.
        self.assertGreater(sum(len(event.input) for event in raised), 2 * 1024 * 1024)
        self.assertEqual({event.input for event in raised}, {raised[0].input})
