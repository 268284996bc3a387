from datetime import timedelta

import grpc
from durabletask.client import OrchestrationStatus
from hub import HubTest


def wait_for_go(context, _):
    return (yield context.wait_for_external_event("go"))


def brief(context, value):
    """Takes long enough for the next instance to be created at another time."""
    yield context.create_timer(timedelta(milliseconds=10))
    return value


def fails(*_):
    raise RuntimeError("as planned")


def nest(context, depth):
    """Calls itself until depth 0; the ids are level-2, level-1, level-0."""
    if depth:
        yield context.call_sub_orchestrator(nest, input=depth - 1, instance_id=f"level-{depth - 1}")


class Purge(HubTest):
    def left(self):
        return {state.instance_id for state in self.hub.client.get_all_orchestration_states()}

    def assert_purged(self, result, count):
        self.assertEqual((result.deleted_instance_count, result.is_complete), (count, True))

    def one_of_each(self):
        """Instances that failed, completed, run and are suspended, named after that."""
        self.hub.work(orchestrators=[fails, brief, wait_for_go])
        self.hub.run(fails, instance_id="failed")
        self.hub.run(brief, instance_id="completed")
        for instance_id in ("running", "suspended"):
            self.hub.start(wait_for_go, instance_id=instance_id)
            self.hub.is_running(instance_id)
        self.hub.client.suspend_orchestration("suspended")

    def test_a_purged_instance_is_gone_with_its_history_and_a_second_purge_finds_nothing(self):
        self.hub.work(orchestrators=[brief])
        instance_id = self.hub.run(brief).instance_id
        self.assertTrue(self.hub.client.get_orchestration_history(instance_id))

        self.assert_purged(self.hub.client.purge_orchestration(instance_id), 1)

        self.assertIsNone(self.hub.client.get_orchestration_state(instance_id))
        self.assertEqual(self.hub.client.get_orchestration_history(instance_id), [])
        self.assert_purged(self.hub.client.purge_orchestration(instance_id), 0)

    def test_a_purge_of_what_runs_is_refused_with_the_reason_and_one_of_nobody_counts_nothing(self):
        self.one_of_each()

        for instance_id in ("running", "suspended"):
            with self.assertRaises(grpc.RpcError) as refused:
                self.hub.client.purge_orchestration(instance_id)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
            self.assertIn(instance_id.upper(), refused.exception.details())
        self.assert_purged(self.hub.client.purge_orchestration("nobody"), 0)
        self.hub.client.raise_orchestration_event("running", "go", data="unharmed")

        self.assert_completed(self.hub.end("running"), "unharmed")

    def test_a_purge_takes_the_descendants_along_unless_told_not_to(self):
        self.hub.work(orchestrators=[nest])

        self.hub.run(nest, 2, instance_id="level-2")
        self.assert_purged(self.hub.client.purge_orchestration("level-2"), 3)
        self.assertEqual(self.left(), set())

        self.hub.run(nest, 2, instance_id="level-2")
        self.assert_purged(self.hub.client.purge_orchestration("level-2", recursive=False), 1)
        self.assertEqual(self.left(), {"level-0", "level-1"})

    def test_a_purge_by_status_takes_what_has_ended_so_and_nothing_that_runs(self):
        self.one_of_each()
        purge = self.hub.client.purge_orchestrations_by

        self.assert_purged(purge(runtime_status=[OrchestrationStatus.RUNNING]), 0)
        self.assert_purged(purge(runtime_status=[OrchestrationStatus.FAILED, OrchestrationStatus.RUNNING]), 1)
        self.assertEqual(self.left(), {"completed", "running", "suspended"})
        self.assert_purged(purge(), 1)
        self.assertEqual(self.left(), {"running", "suspended"})

    def test_a_purge_by_time_takes_what_was_created_in_between_both_ends_included(self):
        self.hub.work(orchestrators=[brief])
        times = [self.hub.run(brief, instance_id=instance_id).created_at for instance_id in "abcde"]

        purged = self.hub.client.purge_orchestrations_by(times[1], times[3])

        self.assert_purged(purged, 3)
        self.assertEqual(self.left(), {"a", "e"})

    def test_a_purge_that_runs_out_of_time_says_so_and_can_be_repeated(self):
        self.hub.work(orchestrators=[brief])
        for instance_id in "abc":
            self.hub.run(brief, instance_id=instance_id)

        hasty = self.hub.client.purge_orchestrations_by(timeout=timedelta(microseconds=1))

        self.assertIs(hasty.is_complete, False)
        self.assertEqual(len(self.left()), 3 - hasty.deleted_instance_count)
        self.assert_purged(
            self.hub.client.purge_orchestrations_by(timeout=timedelta(seconds=20)), 3 - hasty.deleted_instance_count
        )
