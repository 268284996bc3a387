from durabletask.client import OrchestrationStatus
from hub import HubTest

# Just under 1 MiB as JSON.
LARGE = "abcdefghijklmno\n" * 61_000


def echo(_, value):
    return value


def through_activity(context, value):
    return (yield context.call_activity(echo, input=value))


def collect(context, count):
    """Keeps in its history all events that it waits for."""
    lengths = []
    while len(lengths) < count:
        lengths.append(len((yield context.wait_for_external_event("large"))))
    return lengths


def same(*values):
    """Whether large values are equal: a difference of that length can't be printed."""
    return all(value == values[0] for value in values)


class Payloads(HubTest):
    def test_a_payload_of_nearly_1_mib_goes_through_input_activity_and_output_unharmed(self):
        self.hub.work(orchestrators=[through_activity], activities=[echo])

        state = self.hub.run(through_activity, LARGE)

        self.assert_completed(state)
        self.assertTrue(same(LARGE, state.get_input(), state.get_output()))

    def test_a_payload_of_nearly_1_mib_goes_through_event_child_and_custom_status_unharmed(self):
        def show(context, _):
            raised = yield context.wait_for_external_event("large")
            context.set_custom_status((yield context.call_sub_orchestrator(echo, input=raised)))

        self.hub.work(orchestrators=[show, echo])

        instance_id = self.hub.start(show)
        self.hub.client.raise_orchestration_event(instance_id, "large", data=LARGE)
        state = self.hub.end(instance_id)

        self.assert_completed(state)
        self.assertTrue(same(LARGE, state.get_custom_status()))

    def test_events_that_together_exceed_what_a_worker_receives_at_once_all_arrive(self):
        instance_id = self.hub.start(collect, 4)
        for _ in range(4):
            self.hub.client.raise_orchestration_event(instance_id, "large", data=LARGE)

        self.hub.work(orchestrators=[collect])

        self.assert_completed(self.hub.end(instance_id), [len(LARGE)] * 4)

    def test_an_orchestration_that_outgrows_what_a_worker_receives_fails_alone(self):
        self.hub.work(orchestrators=[collect, echo])

        instance_id = self.hub.start(collect, 6)
        for _ in range(6):
            self.hub.client.raise_orchestration_event(instance_id, "large", data=LARGE)
        state = self.hub.end(instance_id)

        self.assert_status(state, OrchestrationStatus.FAILED)
        self.assertIn("PERDURA_MAX_WORK_ITEM_MB", state.failure_details.message)
        # The stream of this worker is unharmed.
        self.assert_completed(self.hub.run(echo, "still here"), "still here")

    def test_values_of_every_kind_come_back_as_they_went(self):
        self.hub.work(orchestrators=[through_activity], activities=[echo])

        for value in (
            "żółć · Ωμέγα · 日本語 · العربية · हिन्दी",
            "👩‍👩‍👧‍👦 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
            "\"\\'`\r\n\t</script>{{}}%s$1;--",
            "\0\1\x1f\x7f\u2028\u2029",
            {"a": [1, -0.5, 1e300, True, False, None, "", {}], "": {"with space": []}},
            12345678901234567890123,
            0,
            False,
            "",
            [],
        ):
            with self.subTest(value=value):
                state = self.hub.run(through_activity, value)
                self.assert_completed(state, value)
                self.assertEqual(state.get_input(), value)

    def test_no_input_and_no_output_are_neither_null_nor_empty(self):
        def describe(_, value):
            return repr(value)

        self.hub.work(orchestrators=[describe, echo])

        self.assertIsNone(self.hub.run(describe).serialized_input)
        self.assertEqual(self.hub.run(describe, "").serialized_input, '""')
        self.assertIsNone(self.hub.run(echo).serialized_output)
        self.assertEqual(self.hub.run(echo, "").serialized_output, '""')
        self.assertIsNone(self.hub.run(echo).serialized_custom_status)

    def test_an_instance_asked_for_without_payloads_shows_neither_input_nor_output(self):
        self.hub.work(orchestrators=[echo])

        instance_id = self.hub.run(echo, "secret").instance_id
        state = self.hub.client.get_orchestration_state(instance_id, fetch_payloads=False)

        self.assert_completed(state)
        self.assertIsNone(state.serialized_input)
        self.assertIsNone(state.serialized_output)

    def test_names_may_hold_any_characters(self):
        name, activity, event = 'Bestellung: Größe/№ 5 "x"', "activité 🚀 #1", "événement ✓ 100 %"

        def run(context, _):
            echoed = yield context.call_activity(activity, input="a")
            return [echoed, (yield context.wait_for_external_event(event))]

        def repeat(_, value):
            return value

        run.__name__, repeat.__name__ = name, activity
        self.hub.work(orchestrators=[run], activities=[repeat])

        instance_id = self.hub.start(run, instance_id='order/42 #7 "A"&b=c?d:[e]{f}%20;--\\~')
        self.hub.client.raise_orchestration_event(instance_id, event, data="b")
        state = self.hub.end(instance_id)

        self.assert_completed(state, ["a", "b"])
        self.assertEqual(state.name, name)
