from datetime import timedelta

from durabletask import task
from durabletask.client import OrchestrationStatus
from hub import Counter, HubTest


def wait_for_go(context, _):
    return (yield context.wait_for_external_event("go"))


def nest(context, depth):
    if depth == 0:
        return (yield context.wait_for_external_event("never"))
    return (yield context.call_sub_orchestrator(nest, input=depth - 1, instance_id=f"level-{depth - 1}"))


def other(*_):
    return "ran"


class Control(HubTest):
    def test_status_and_custom_status_become_visible_together(self):
        def reports(context, _):
            context.set_custom_status({"phase": "waiting", "n": 1})
            yield context.wait_for_external_event("go")
            context.set_custom_status("nearly there")
            yield context.create_timer(timedelta(0))

        self.hub.work(orchestrators=[reports])

        instance_id = self.hub.start(reports)
        started = self.hub.client.wait_for_orchestration_start(instance_id, fetch_payloads=True)
        self.hub.client.raise_orchestration_event(instance_id, "go")
        ended = self.hub.end(instance_id)

        self.assert_status(started, OrchestrationStatus.RUNNING)
        self.assertEqual(started.get_custom_status(), {"phase": "waiting", "n": 1})
        self.assert_completed(ended)
        self.assertEqual(ended.get_custom_status(), "nearly there")

    def test_an_instance_is_pending_until_its_first_turn_is_committed(self):
        entered, gate = self.gate(), self.gate()

        def slow(context, _):
            entered.set()
            self.passes(gate)
            return (yield context.wait_for_external_event("go"))

        self.hub.work(orchestrators=[slow])

        instance_id = self.hub.start(slow)
        self.passes(entered)
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.PENDING)
        with self.assertRaises(TimeoutError):
            self.hub.client.wait_for_orchestration_start(instance_id, timeout=0.3)
        gate.set()

        self.hub.is_running(instance_id)

    def test_a_terminated_orchestration_ends_with_the_output_that_was_given(self):
        self.hub.work(orchestrators=[wait_for_go])

        instance_id = self.hub.start(wait_for_go)
        self.hub.is_running(instance_id)
        self.hub.client.terminate_orchestration(instance_id, output={"reason": "no longer needed"})
        state = self.hub.end(instance_id)

        self.assert_status(state, OrchestrationStatus.TERMINATED, {"reason": "no longer needed"})
        self.assertIsNone(state.failure_details)

    def test_an_orchestration_terminated_before_any_worker_saw_it_never_runs(self):
        ran = Counter()

        def never(*_):
            ran.arrive()

        instance_id = self.hub.start(never)
        self.hub.client.terminate_orchestration(instance_id, output="too late")
        self.assert_status(self.hub.end(instance_id), OrchestrationStatus.TERMINATED, "too late")

        self.hub.work(orchestrators=[never, other])
        self.assert_completed(self.hub.run(other))
        self.assertEqual(ran.count, 0)

    def test_a_termination_takes_the_whole_tree_with_it(self):
        self.hub.work(orchestrators=[nest])

        self.hub.start(nest, 2, instance_id="level-2")
        self.hub.is_running("level-0")
        self.hub.client.terminate_orchestration("level-2", output="all of you")

        for instance_id in ("level-2", "level-1", "level-0"):
            self.assert_status(self.hub.end(instance_id), OrchestrationStatus.TERMINATED, "all of you")

    def test_a_termination_that_is_not_recursive_leaves_the_children_alone(self):
        self.hub.work(orchestrators=[nest])

        self.hub.start(nest, 1, instance_id="level-1")
        self.hub.is_running("level-0")
        self.hub.client.terminate_orchestration("level-1", output="only you", recursive=False)

        self.assert_status(self.hub.end("level-1"), OrchestrationStatus.TERMINATED, "only you")
        self.assert_status(self.hub.state("level-0"), OrchestrationStatus.RUNNING)
        self.hub.client.raise_orchestration_event("level-0", "never", data="after all")
        self.assert_completed(self.hub.end("level-0"), "after all")

    def test_a_turn_and_an_activity_that_outlive_a_termination_change_nothing(self):
        entered, gate, left = Counter(), self.gate(), Counter()

        def lingers(context, _):
            if not context.is_replaying:
                entered.arrive()
                self.passes(gate)
            return "too late"

        def calls(context, _):
            return (yield context.call_activity(linger))

        def linger(*_):
            entered.arrive()
            self.passes(gate)
            left.arrive()
            return "too late"

        self.hub.work(orchestrators=[lingers, calls, other], activities=[linger])

        ids = [self.hub.start(lingers), self.hub.start(calls)]
        entered.reached(2)
        for instance_id in ids:
            self.hub.client.terminate_orchestration(instance_id, output="stopped")
        gate.set()
        left.reached(1)
        self.assert_completed(self.hub.run(other))

        for instance_id in ids:
            self.assert_status(self.hub.end(instance_id), OrchestrationStatus.TERMINATED, "stopped")

    def test_terminating_a_finished_or_a_missing_instance_changes_nothing(self):
        self.hub.work(orchestrators=[other])
        instance_id = self.hub.run(other).instance_id

        self.hub.client.terminate_orchestration(instance_id, output="late")
        self.hub.client.terminate_orchestration("nobody", output="late")

        self.assert_completed(self.hub.state(instance_id), "ran")
        self.assertIsNone(self.hub.client.get_orchestration_state("nobody"))

    def test_a_suspended_orchestration_holds_its_events_and_gets_them_in_order_when_it_is_resumed(self):
        def three(context, _):
            seen = []
            while len(seen) < 3:
                seen.append((yield context.wait_for_external_event("n")))
            return seen

        self.hub.work(orchestrators=[three, other])

        instance_id = self.hub.start(three)
        self.hub.is_running(instance_id)
        self.hub.client.suspend_orchestration(instance_id, reason="coffee")
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.SUSPENDED)
        for n in (1, 2, 3):
            self.hub.client.raise_orchestration_event(instance_id, "n", data=n)
        self.assert_completed(self.hub.run(other))
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.SUSPENDED)
        self.hub.client.resume_orchestration(instance_id, reason="enough coffee")

        self.assert_completed(self.hub.end(instance_id), [1, 2, 3])

    def test_suspending_after_a_fan_out_repeats_none_of_its_activities(self):
        entered, gate = Counter(), self.gate()

        def linger(_, i):
            entered.arrive()
            self.passes(gate)
            return i

        def fan_out(context, _):
            return (yield task.when_all([context.call_activity(linger, input=i) for i in range(10)]))

        self.hub.work(orchestrators=[fan_out, other], activities=[linger])

        instance_id = self.hub.start(fan_out)
        entered.reached(10)
        self.hub.client.suspend_orchestration(instance_id)
        gate.set()
        self.assert_completed(self.hub.run(other))
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.SUSPENDED)
        self.hub.client.resume_orchestration(instance_id)

        self.assert_completed(self.hub.end(instance_id), list(range(10)))
        self.assertEqual(entered.count, 10)

    def test_an_orchestration_suspended_before_its_first_turn_begins_when_it_is_resumed(self):
        instance_id = self.hub.start(wait_for_go)
        self.hub.client.suspend_orchestration(instance_id)
        self.hub.work(orchestrators=[wait_for_go, other])
        self.assert_completed(self.hub.run(other))
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.SUSPENDED)

        self.hub.client.raise_orchestration_event(instance_id, "go", data="went")
        self.hub.client.resume_orchestration(instance_id)

        self.assert_completed(self.hub.end(instance_id), "went")

    def test_a_suspension_during_a_turn_keeps_what_the_turn_decided(self):
        entered, gate, ran = Counter(), self.gate(), Counter()

        def note(*_):
            return ran.arrive()

        def slow(context, _):
            if not context.is_replaying:
                entered.arrive()
                self.passes(gate)
            return (yield context.call_activity(note))

        self.hub.work(orchestrators=[slow, other], activities=[note])

        instance_id = self.hub.start(slow)
        entered.reached(1)
        self.hub.client.suspend_orchestration(instance_id)
        gate.set()
        ran.reached(1)
        self.assert_completed(self.hub.run(other))
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.SUSPENDED)
        self.hub.client.resume_orchestration(instance_id)

        self.assert_completed(self.hub.end(instance_id), 1)
        self.assertEqual(ran.count, 1)

    def test_suspending_twice_resuming_twice_and_doing_so_to_nobody_are_harmless(self):
        self.hub.work(orchestrators=[wait_for_go])

        instance_id = self.hub.start(wait_for_go)
        self.hub.is_running(instance_id)
        self.hub.client.resume_orchestration(instance_id)
        for change in (self.hub.client.suspend_orchestration, self.hub.client.resume_orchestration):
            change(instance_id)
            change(instance_id)
            change("nobody")
        self.hub.client.raise_orchestration_event(instance_id, "go", data="went")

        self.assert_completed(self.hub.end(instance_id), "went")

    def test_a_suspended_orchestration_can_be_terminated(self):
        self.hub.work(orchestrators=[wait_for_go])

        instance_id = self.hub.start(wait_for_go)
        self.hub.is_running(instance_id)
        self.hub.client.suspend_orchestration(instance_id)
        self.hub.client.terminate_orchestration(instance_id, output="gone")

        self.assert_status(self.hub.end(instance_id), OrchestrationStatus.TERMINATED, "gone")
