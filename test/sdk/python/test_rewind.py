import grpc
from durabletask.client import OrchestrationStatus
from durabletask.history import ExecutionRewoundEvent, TaskFailedEvent
from hub import HubTest


class Steps:
    """An activity that counts its calls and fails for the names that are broken at present."""

    def __init__(self, *broken):
        self.broken = set(broken)
        self.calls = []

    def activity(self):
        def step(_, name):
            self.calls.append(name)
            if name in self.broken:
                raise RuntimeError(f"{name} is broken")
            return f"{name} done"

        return step


def in_turn(context, names):
    """Calls the steps one after the other."""
    results = []
    for name in names:
        results.append((yield context.call_activity("step", input=name)))
    return results


def nest(context, depth):
    """Has the only step done by the instance so many levels below."""
    if depth == 0:
        return (yield context.call_activity("step", input="only"))
    return (yield context.call_sub_orchestrator(nest, input=depth - 1, instance_id=f"level-{depth - 1}"))


class Rewind(HubTest):
    def fails(self, steps, orchestrator, value):
        """Has an instance fail, and gives its id."""
        self.hub.work(orchestrators=[orchestrator], activities=[steps.activity()])
        failed = self.hub.run(orchestrator, value)
        self.assert_status(failed, OrchestrationStatus.FAILED)
        return failed.instance_id

    def rewound(self, instance_id, **options):
        self.hub.client.rewind_orchestration(instance_id, **options)
        # The old failure is gone as soon as the call returns.
        self.assertNotEqual(self.hub.state(instance_id).runtime_status, OrchestrationStatus.FAILED)
        return self.hub.end(instance_id)

    def test_a_failed_activity_runs_again_and_those_that_succeeded_do_not(self):
        steps = Steps("charge")
        instance_id = self.fails(steps, in_turn, ["reserve", "charge", "ship"])

        steps.broken.clear()
        state = self.rewound(instance_id, reason="the card works again")

        self.assert_completed(state, ["reserve done", "charge done", "ship done"])
        self.assertIsNone(state.failure_details)
        self.assertEqual(steps.calls, ["reserve", "charge", "charge", "ship"])

    def test_failed_children_are_rewound_with_their_parent_under_their_ids(self):
        steps = Steps("only")
        instance_id = self.fails(steps, nest, 2)

        steps.broken.clear()

        self.assert_completed(self.rewound(instance_id), "only done")
        for child in ("level-0", "level-1"):
            self.assert_completed(self.hub.state(child), "only done")
        self.assertEqual(steps.calls, ["only", "only"])

    def test_a_failed_child_that_was_purged_is_made_again_under_its_id(self):
        steps = Steps("only")
        instance_id = self.fails(steps, nest, 1)
        self.assertEqual(self.hub.client.purge_orchestration("level-0").deleted_instance_count, 1)

        steps.broken.clear()

        self.assert_completed(self.rewound(instance_id), "only done")
        self.assert_completed(self.hub.state("level-0"), "only done")

    def test_an_instance_that_fails_again_can_be_rewound_again_and_remembers_the_reasons(self):
        steps = Steps("a", "b")
        instance_id = self.fails(steps, in_turn, ["a", "b"])

        steps.broken.remove("a")
        self.hub.client.rewind_orchestration(instance_id, reason="repaired a")
        self.assert_status(self.hub.end(instance_id), OrchestrationStatus.FAILED)
        steps.broken.remove("b")
        self.hub.client.rewind_orchestration(instance_id)

        self.assert_completed(self.hub.end(instance_id), ["a done", "b done"])
        self.assertEqual(steps.calls, ["a", "a", "b", "b"])
        history = self.hub.client.get_orchestration_history(instance_id)
        reasons = [event.reason for event in history if isinstance(event, ExecutionRewoundEvent)]
        self.assertEqual(reasons, ["repaired a", None])
        self.assertFalse([event for event in history if isinstance(event, TaskFailedEvent)])

    def test_what_has_not_failed_is_refused_and_nobody_is_not_found(self):
        self.hub.work(orchestrators=[in_turn])
        completed = self.hub.run(in_turn, [])

        for instance_id, code in (
            (completed.instance_id, grpc.StatusCode.FAILED_PRECONDITION),
            ("nobody", grpc.StatusCode.NOT_FOUND),
        ):
            with self.assertRaises(grpc.RpcError) as refused:
                self.hub.client.rewind_orchestration(instance_id, reason="why not")
            self.assertEqual(refused.exception.code(), code)
        self.assertEqual(self.hub.state(completed.instance_id), completed)
