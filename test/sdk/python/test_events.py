from datetime import timedelta

from durabletask import task
from durabletask.client import OrchestrationStatus
from hub import HubTest
from test_timers import now


def wait_for_one(context, name):
    return (yield context.wait_for_external_event(name))


def wait_for_many(context, names):
    seen = []
    for name in names:
        seen.append((yield context.wait_for_external_event(name)))
    return seen


def approval(context, seconds):
    """The human interaction pattern: an answer, or a way out when none comes."""
    answer = context.wait_for_external_event("approval")
    timeout = context.create_timer(timedelta(seconds=seconds))
    winner = yield task.when_any([answer, timeout])
    return "escalated" if winner is timeout else answer.get_result()


class Events(HubTest):
    def raises(self, instance_id, name, data=None):
        self.hub.client.raise_orchestration_event(instance_id, name, data=data)

    def test_an_orchestration_waits_for_an_event_and_gets_its_payload(self):
        self.hub.work(orchestrators=[wait_for_one])

        instance_id = self.hub.start(wait_for_one, "go")
        self.hub.is_running(instance_id)
        self.raises(instance_id, "go", {"amount": 12.5, "by": "Zoë"})

        self.assert_completed(self.hub.end(instance_id), {"amount": 12.5, "by": "Zoë"})

    def test_events_raised_before_the_orchestration_starts_reach_it_in_order(self):
        instance_id = self.hub.start(wait_for_many, ["a"] * 5)
        for i in range(5):
            self.raises(instance_id, "a", i)
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.PENDING)

        self.hub.work(orchestrators=[wait_for_many])

        self.assert_completed(self.hub.end(instance_id), [0, 1, 2, 3, 4])

    def test_an_event_raised_for_an_orchestration_that_is_scheduled_for_later_waits_with_it(self):
        self.hub.work(orchestrators=[wait_for_one])

        instance_id = self.hub.start(wait_for_one, "early", start_at=now() + timedelta(seconds=1))
        self.raises(instance_id, "early", "bird")
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.PENDING)

        self.assert_completed(self.hub.end(instance_id), "bird")

    def test_one_hundred_events_of_one_name_arrive_in_order_each_once(self):
        self.hub.work(orchestrators=[wait_for_many])

        instance_id = self.hub.start(wait_for_many, ["tick"] * 100)
        for i in range(100):
            self.raises(instance_id, "tick", i)

        self.assert_completed(self.hub.end(instance_id), list(range(100)))

    def test_two_identical_events_are_two_events(self):
        self.hub.work(orchestrators=[wait_for_many])

        instance_id = self.hub.start(wait_for_many, ["same", "same"])
        self.raises(instance_id, "same", "x")
        self.raises(instance_id, "same", "x")

        self.assert_completed(self.hub.end(instance_id), ["x", "x"])

    def test_names_of_events_match_whatever_their_case(self):
        self.hub.work(orchestrators=[wait_for_many])

        instance_id = self.hub.start(wait_for_many, ["Approval", "straße"])
        self.raises(instance_id, "STRASSE", 2)
        self.raises(instance_id, "APPROVAL", 1)

        self.assert_completed(self.hub.end(instance_id), [1, 2])

    def test_an_event_without_a_payload_is_delivered_as_none(self):
        self.hub.work(orchestrators=[wait_for_many])

        instance_id = self.hub.start(wait_for_many, ["bare", "empty"])
        self.raises(instance_id, "bare")
        self.raises(instance_id, "empty", "")

        self.assert_completed(self.hub.end(instance_id), [None, ""])

    def test_an_event_races_its_timeout(self):
        self.hub.work(orchestrators=[approval])

        self.assert_completed(self.hub.run(approval, 0.2), "escalated")
        instance_id = self.hub.start(approval, 3600)
        self.raises(instance_id, "approval", "granted")
        self.assert_completed(self.hub.end(instance_id), "granted")

    def test_events_for_missing_and_for_finished_instances_are_dropped_without_an_error(self):
        def done(*_):
            return "done"

        self.hub.work(orchestrators=[wait_for_one, done])
        instance_id = self.hub.run(done, instance_id="reused").instance_id

        self.raises("nobody", "late", 1)
        self.raises(instance_id, "late", 2)
        self.assert_completed(self.hub.state(instance_id), "done")

        # The new life under the same id must not see what came for the old one.
        self.hub.start(wait_for_one, "late", instance_id=instance_id)
        self.raises(instance_id, "late", 3)
        self.assert_completed(self.hub.end(instance_id), 3)

    def test_orchestrations_send_events_to_each_other_and_to_themselves(self):
        def ping(context, other):
            context.send_event("nobody", "lost")
            context.send_event(context.instance_id, "note", data="to self")
            context.send_event(other, "ping", data=context.instance_id)
            answer = yield context.wait_for_external_event("pong")
            note = yield context.wait_for_external_event("note")
            return [answer, note]

        def pong(context, _):
            sender = yield context.wait_for_external_event("ping")
            context.send_event(sender, "pong", data="hello back")
            return sender

        self.hub.work(orchestrators=[ping, pong])

        other = self.hub.start(pong)
        state = self.hub.run(ping, other)

        self.assert_completed(state, ["hello back", "to self"])
        self.assert_completed(self.hub.end(other), state.instance_id)
