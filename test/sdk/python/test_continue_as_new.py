from datetime import timedelta

from durabletask.client import OrchestrationStatus
from hub import HubTest


def one_event_each(context, progress):
    """Takes one event in each generation and hands what it has seen to the next."""
    if progress["seen"][-1:] == [progress["until"]]:
        return progress["seen"]
    context.set_custom_status(progress["seen"])
    value = yield context.wait_for_external_event("n")
    context.continue_as_new({**progress, "seen": [*progress["seen"], value]}, save_events=progress["saves"])


def until(last, *, saves):
    return {"seen": [], "until": last, "saves": saves}


class ContinueAsNew(HubTest):
    def raises(self, instance_id, value):
        self.hub.client.raise_orchestration_event(instance_id, "n", data=value)

    def test_an_eternal_orchestration_carries_its_input_from_generation_to_generation(self):
        def add_one(_, value):
            return value + 1

        def count(context, value):
            following = yield context.call_activity(add_one, input=value)
            if following == 20:
                return following
            context.continue_as_new(following)

        self.hub.work(orchestrators=[count], activities=[add_one])

        instance_id = self.hub.start(count, 0)
        created_at = self.hub.state(instance_id).created_at
        state = self.hub.end(instance_id)

        self.assert_completed(state, 20)
        self.assertEqual(state.get_input(), 19)
        self.assertEqual(state.created_at, created_at)

    def test_events_raised_while_generations_follow_each_other_are_counted_exactly(self):
        self.hub.work(orchestrators=[one_event_each])

        instance_id = self.hub.start(one_event_each, until(50, saves=True))
        for n in range(1, 51):
            self.raises(instance_id, n)

        self.assert_completed(self.hub.end(instance_id), list(range(1, 51)))

    def test_an_event_that_arrives_while_its_generation_ends_reaches_the_next_even_if_none_are_saved(self):
        self.hub.work(orchestrators=[one_event_each])

        instance_id = self.hub.start(one_event_each, until(20, saves=False))
        for n in range(1, 21):
            self.raises(instance_id, n)
            # The next event comes when this one was taken, while that generation is still being replaced.
            self.hub.until(instance_id, lambda state, n=n: n in state.get_input()["seen"])

        self.assert_completed(self.hub.end(instance_id), list(range(1, 21)))

    def test_events_raised_all_at_once_survive_when_they_are_saved(self):
        instance_id = self.hub.start(one_event_each, until(10, saves=True))
        for n in range(1, 11):
            self.raises(instance_id, n)

        self.hub.work(orchestrators=[one_event_each])

        self.assert_completed(self.hub.end(instance_id), list(range(1, 11)))

    def test_unread_events_of_the_batch_end_with_their_generation_when_they_are_not_saved(self):
        instance_id = self.hub.start(one_event_each, until(4, saves=False))
        for n in range(1, 4):
            self.raises(instance_id, n)

        self.hub.work(orchestrators=[one_event_each])
        self.hub.until(instance_id, lambda state: state.get_custom_status() == [1])
        self.raises(instance_id, 4)

        self.assert_completed(self.hub.end(instance_id), [1, 4])

    def test_each_generation_replaces_the_children_of_the_one_before_under_the_same_ids(self):
        def parent(context, results):
            if len(results) == 3:
                return results
            result = yield context.call_sub_orchestrator(child, input=len(results))
            context.continue_as_new([*results, result])

        def child(context, generation):
            return [generation, context.instance_id]

        self.hub.work(orchestrators=[parent, child])

        state = self.hub.run(parent, [])

        # The package counts its calls from 1 again in each generation.
        child_id = f"{state.instance_id}:0001"
        self.assert_completed(state, [[0, child_id], [1, child_id], [2, child_id]])

    def test_a_timer_of_an_earlier_generation_does_not_fire_in_a_later_one(self):
        def restless(context, is_second):
            start = context.current_utc_datetime
            # Both generations give their timer the same number.
            timer = context.create_timer(timedelta(milliseconds=900 if is_second else 300))
            if not is_second:
                yield context.create_timer(timedelta(0))
                context.continue_as_new(True)
                return None
            yield timer
            return (context.current_utc_datetime - start).total_seconds()

        self.hub.work(orchestrators=[restless])

        state = self.hub.run(restless, False)

        self.assert_completed(state)
        self.assertGreaterEqual(state.get_output(), 0.9)

    def test_a_child_may_continue_as_new_and_still_answer_its_parent(self):
        def parent(context, _):
            return (yield context.call_sub_orchestrator(child, input=0))

        def child(context, generation):
            yield context.create_timer(timedelta(0))
            if generation == 3:
                return [generation, context.parent_instance_id]
            context.continue_as_new(generation + 1)

        self.hub.work(orchestrators=[parent, child])

        state = self.hub.run(parent)

        self.assert_completed(state, [3, state.instance_id])

    def test_the_version_stays_unless_the_next_generation_is_given_another(self):
        def migrates(context, seen):
            yield context.create_timer(timedelta(0))
            seen = [*seen, context.version]
            if len(seen) == 3:
                return seen
            context.continue_as_new(seen, new_version="2.0.0" if len(seen) == 2 else None)

        self.hub.work(orchestrators=[migrates])

        self.assert_completed(self.hub.run(migrates, [], version="1.0.0"), ["1.0.0", "1.0.0", "2.0.0"])

    def test_a_suspended_eternal_orchestration_stays_suspended_and_loses_no_event(self):
        self.hub.work(orchestrators=[one_event_each])

        instance_id = self.hub.start(one_event_each, until(5, saves=True))
        self.raises(instance_id, 1)
        self.hub.until(instance_id, lambda state: state.get_input()["seen"] == [1])
        self.hub.client.suspend_orchestration(instance_id)
        for n in range(2, 6):
            self.raises(instance_id, n)
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.SUSPENDED)
        self.hub.client.resume_orchestration(instance_id)

        self.assert_completed(self.hub.end(instance_id), [1, 2, 3, 4, 5])
