import asyncio
from concurrent.futures import ThreadPoolExecutor

import grpc
from durabletask.azuremanaged.client import AsyncDurableTaskSchedulerClient
from durabletask.client import OrchestrationStatus
from durabletask.internal import orchestrator_service_pb2 as pb
from hub import DEADLINE_SECONDS, HubTest

ALREADY_EXISTS = grpc.StatusCode.ALREADY_EXISTS
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT


def wait_for_go(context, value):
    return [value, (yield context.wait_for_external_event("go"))]


def echo(_, value):
    return value


def fails(*_):
    raise RuntimeError("first life")


def replacing(*statuses):
    """A policy by which an instance in one of these statuses makes room for a new one."""
    numbers = [pb.OrchestrationStatus.Value(f"ORCHESTRATION_STATUS_{status}") for status in statuses]
    return pb.OrchestrationIdReusePolicy(replaceableStatus=numbers)


class Instances(HubTest):
    def refuses(self, code, text, *args, **options):
        with self.assertRaises(grpc.RpcError) as refused:
            self.hub.start(*args, **options)
        self.assertEqual(refused.exception.code(), code)
        self.assertRegex(refused.exception.details(), text)

    def test_the_id_of_a_running_instance_is_refused_and_the_instance_goes_on(self):
        self.hub.work(orchestrators=[wait_for_go])
        self.hub.start(wait_for_go, "first", instance_id="singleton")

        self.refuses(ALREADY_EXISTS, "singleton", wait_for_go, "second", instance_id="singleton")
        self.hub.client.raise_orchestration_event("singleton", "go", data="unharmed")

        self.assert_completed(self.hub.end("singleton"), ["first", "unharmed"])

    def test_of_many_concurrent_starts_with_one_id_exactly_one_wins(self):
        def start(i):
            try:
                return self.hub.start(echo, i, instance_id="contended") and i
            except grpc.RpcError as error:
                self.assertEqual(error.code(), ALREADY_EXISTS)
                return None

        with ThreadPoolExecutor(10) as pool:
            winners = [i for i in pool.map(start, range(10)) if i is not None]

        self.assertEqual(len(winners), 1)
        self.assertEqual(self.hub.state("contended").get_input(), winners[0])

    def test_the_id_of_a_finished_instance_begins_a_new_life(self):
        self.hub.work(orchestrators=[fails, echo])

        first = self.hub.run(fails, "one", instance_id="phoenix")
        second = self.hub.run(echo, "two", instance_id="phoenix")

        self.assert_status(first, OrchestrationStatus.FAILED)
        self.assert_completed(second, "two")
        self.assertEqual((second.name, second.get_input()), ("echo", "two"))
        self.assertIsNone(second.failure_details)
        self.assertGreaterEqual(second.created_at, first.last_updated_at)

    def test_a_policy_that_names_the_status_replaces_a_running_instance(self):
        self.hub.work(orchestrators=[wait_for_go])
        self.hub.start(wait_for_go, "old", instance_id="replaced")
        self.hub.is_running("replaced")
        self.hub.client.raise_orchestration_event("replaced", "other", data="for the old one")

        policy = replacing("RUNNING", "TERMINATED")
        self.hub.start(wait_for_go, "new", instance_id="replaced", reuse_id_policy=policy)
        self.assertEqual(self.hub.state("replaced").get_input(), "new")
        self.hub.client.raise_orchestration_event("replaced", "go", data="for the new one")

        self.assert_completed(self.hub.end("replaced"), ["new", "for the new one"])

    def test_a_policy_that_names_the_status_replaces_a_pending_and_a_suspended_instance(self):
        policy = replacing("PENDING", "SUSPENDED", "TERMINATED")
        self.hub.start(wait_for_go, "pending", instance_id="first")
        self.hub.start(wait_for_go, "suspended", instance_id="second")
        self.hub.client.suspend_orchestration("second")

        for instance_id in ("first", "second"):
            self.hub.start(echo, "new", instance_id=instance_id, reuse_id_policy=policy)
        self.hub.work(orchestrators=[echo])

        for instance_id in ("first", "second"):
            self.assert_completed(self.hub.end(instance_id), "new")

    def test_what_the_replaced_execution_was_doing_changes_nothing_for_the_new_one(self):
        entered, gate, left = self.gate(), self.gate(), self.gate()

        def linger(*_):
            entered.set()
            self.passes(gate)
            left.set()
            return "too late"

        def calls(context, _):
            return (yield context.call_activity(linger))

        self.hub.work(orchestrators=[calls, wait_for_go], activities=[linger])
        self.hub.start(calls, instance_id="replaced")
        self.passes(entered)

        # The new one waits for its first answer under the number that the old one's activity has.
        policy = replacing("RUNNING", "TERMINATED")
        self.hub.start(wait_for_go, "new", instance_id="replaced", reuse_id_policy=policy)
        self.hub.is_running("replaced")
        gate.set()
        self.passes(left)
        self.hub.client.raise_orchestration_event("replaced", "go", data="by event")

        self.assert_completed(self.hub.end("replaced"), ["new", "by event"])

    def test_a_policy_that_does_not_name_the_status_refuses_and_leaves_the_instance_alone(self):
        self.hub.work(orchestrators=[wait_for_go, echo])
        self.hub.start(wait_for_go, "first", instance_id="busy")
        self.hub.is_running("busy")
        self.hub.run(echo, "first", instance_id="done")

        for instance_id, policy in (
            ("busy", replacing("COMPLETED", "FAILED", "TERMINATED")),
            ("done", replacing("FAILED")),
            # Present but empty: nothing may be replaced.
            ("done", replacing()),
        ):
            with self.subTest(instance_id=instance_id, policy=policy):
                self.refuses(
                    ALREADY_EXISTS, instance_id, echo, "second", instance_id=instance_id, reuse_id_policy=policy
                )
                self.assertEqual(self.hub.state(instance_id).get_input(), "first")

        self.hub.client.raise_orchestration_event("busy", "go", data="unharmed")
        self.assert_completed(self.hub.end("busy"), ["first", "unharmed"])

    def test_a_policy_that_replaces_running_instances_must_allow_for_their_termination(self):
        text = "^Invalid reusable statuses: cannot exclude 'Terminated' while also allowing reuse of running instances$"
        for status in ("RUNNING", "PENDING", "SUSPENDED"):
            with self.subTest(status=status):
                policy = replacing("COMPLETED", status)
                self.refuses(INVALID_ARGUMENT, text, echo, instance_id="new", reuse_id_policy=policy)
        self.assertIsNone(self.hub.client.get_orchestration_state("new"))

    def test_an_id_of_100_characters_is_accepted_and_a_longer_one_refused_with_the_reason(self):
        self.assertEqual(self.hub.start(echo, instance_id="x" * 100), "x" * 100)
        self.refuses(INVALID_ARGUMENT, "(?i)length", echo, instance_id="x" * 101)

    def test_an_id_that_nobody_uses_is_unknown_and_can_be_waited_for(self):
        self.hub.work(orchestrators=[echo])
        self.assertIsNone(self.hub.client.get_orchestration_state("nobody"))

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.hub.end, "nobody")
            self.hub.start(echo, "hello", instance_id="nobody")
            self.assert_completed(waiting.result(), "hello")

    def test_a_wait_ends_when_the_patience_of_its_client_does(self):
        self.hub.work(orchestrators=[wait_for_go])
        instance_id = self.hub.start(wait_for_go, "x")
        self.hub.is_running(instance_id)

        with self.assertRaises(TimeoutError):
            self.hub.client.wait_for_orchestration_completion(instance_id, timeout=0.3)
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.RUNNING)

    def test_two_hubs_share_neither_instances_nor_work_nor_events(self):
        left, right = self.hub, self.new_hub()
        left.work(orchestrators=[wait_for_go])
        left.start(wait_for_go, "left", instance_id="twin")
        right.start(wait_for_go, "right", instance_id="twin")

        left.client.raise_orchestration_event("twin", "go", data="for the left")
        self.assert_completed(left.end("twin"), ["left", "for the left"])
        self.assert_status(right.state("twin"), OrchestrationStatus.PENDING)

        right.work(orchestrators=[wait_for_go])
        right.is_running("twin")
        right.client.raise_orchestration_event("twin", "go", data="for the right")
        self.assert_completed(right.end("twin"), ["right", "for the right"])

    def test_the_asynchronous_client_starts_raises_waits_and_terminates(self):
        self.hub.work(orchestrators=[wait_for_go])

        async def use():
            async with AsyncDurableTaskSchedulerClient(**self.hub.connection()) as client:
                ids = [await client.schedule_new_orchestration(wait_for_go, input=i) for i in range(5)]
                waits = [client.wait_for_orchestration_completion(i, timeout=DEADLINE_SECONDS) for i in ids]
                waiting = asyncio.gather(*waits)
                for instance_id in ids[1:]:
                    await client.raise_orchestration_event(instance_id, "go", data="went")
                await client.terminate_orchestration(ids[0], output="stopped")
                return [state.get_output() for state in await waiting]

        self.assertEqual(asyncio.run(use()), ["stopped", *([i, "went"] for i in range(1, 5))])
