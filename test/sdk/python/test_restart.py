import grpc
from durabletask.client import OrchestrationStatus
from hub import Counter, HubTest


def wait_for_go(context, value):
    return [value, (yield context.wait_for_external_event("go"))]


class Restart(HubTest):
    def refuses(self, code, instance_id, **options):
        with self.assertRaises(grpc.RpcError) as refused:
            self.hub.client.restart_orchestration(instance_id, **options)
        self.assertEqual(refused.exception.code(), code)

    def counting(self):
        """An orchestrator that tells which run of the test's it is."""
        runs = Counter()

        def counts(context, value):
            return {"input": value, "version": context.version, "run": runs.arrive()}

        self.hub.work(orchestrators=[counts])
        return counts

    def test_an_instance_starts_again_in_its_place_as_it_was_started(self):
        counts = self.counting()
        options = {"instance_id": "again", "version": "1.2.3", "tags": {"team": "billing"}}
        first = self.hub.run(counts, "in", **options)

        self.assertEqual(self.hub.client.restart_orchestration("again"), "again")
        second = self.hub.end("again")

        self.assert_completed(first, {"input": "in", "version": "1.2.3", "run": 1})
        self.assert_completed(second, {"input": "in", "version": "1.2.3", "run": 2})
        self.assertGreaterEqual(second.created_at, first.last_updated_at)

    def test_an_instance_starts_again_beside_itself_even_while_it_runs(self):
        self.hub.work(orchestrators=[wait_for_go])
        first = self.hub.start(wait_for_go, "in")
        self.hub.is_running(first)

        second = self.hub.client.restart_orchestration(first, restart_with_new_instance_id=True)
        self.hub.is_running(second)
        for instance_id, answer in ((first, "first"), (second, "second")):
            self.hub.client.raise_orchestration_event(instance_id, "go", data=answer)

        self.assertNotEqual(first, second)
        self.assert_completed(self.hub.end(first), ["in", "first"])
        self.assert_completed(self.hub.end(second), ["in", "second"])

    def test_what_has_not_ended_is_refused_in_its_place_and_goes_on(self):
        self.hub.work(orchestrators=[wait_for_go])
        for instance_id in ("running", "suspended"):
            self.hub.start(wait_for_go, "in", instance_id=instance_id)
            self.hub.is_running(instance_id)
        self.hub.client.suspend_orchestration("suspended")

        for instance_id in ("running", "suspended"):
            self.refuses(grpc.StatusCode.FAILED_PRECONDITION, instance_id)
        self.hub.client.resume_orchestration("suspended")
        for instance_id in ("running", "suspended"):
            self.hub.client.raise_orchestration_event(instance_id, "go", data="unharmed")
            self.assert_completed(self.hub.end(instance_id), ["in", "unharmed"])

    def test_an_instance_that_nobody_knows_or_that_was_purged_is_not_found(self):
        purged = self.hub.run(self.counting()).instance_id
        self.hub.client.purge_orchestration(purged)

        for instance_id in ("nobody", purged):
            for beside in (True, False):
                self.refuses(grpc.StatusCode.NOT_FOUND, instance_id, restart_with_new_instance_id=beside)

    def test_what_failed_starts_again_without_its_failure_and_its_custom_status(self):
        attempts = Counter()

        def fragile(context, _):
            if attempts.count:
                return (yield context.wait_for_external_event("go"))
            attempts.arrive()
            context.set_custom_status("about to fail")
            raise RuntimeError("as planned")

        self.hub.work(orchestrators=[fragile])
        failed = self.hub.run(fragile)
        self.assert_status(failed, OrchestrationStatus.FAILED)
        self.hub.client.restart_orchestration(failed.instance_id)
        again = self.hub.is_running(failed.instance_id)

        self.assertIsNone(again.failure_details)
        self.assertIsNone(again.get_custom_status())
        self.hub.client.raise_orchestration_event(failed.instance_id, "go", data="well")
        self.assert_completed(self.hub.end(failed.instance_id), "well")
