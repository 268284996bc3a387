import time
from datetime import timedelta

from durabletask import task
from durabletask.client import OrchestrationStatus
from hub import HubTest


class PaymentRefused(Exception):
    def __init__(self, message, amount):
        super().__init__(message)
        self.amount = amount


class AmountOfPayments:
    """Gives the failure of a payment properties of its own."""

    def get_exception_properties(self, exception):
        if isinstance(exception, PaymentRefused):
            return {"amount": exception.amount, "currencies": ["EUR", "złoty"], "final": False, "card": None}
        return None


def quickly(attempts):
    return task.RetryPolicy(first_retry_interval=timedelta(milliseconds=20), max_number_of_attempts=attempts)


class Failing:
    """An activity that fails until its n-th call and remembers its calls."""

    def __init__(self, success):
        self.success = success
        self.calls = []
        # The name under which the package registers it.
        self.__name__ = "flaky"

    def __call__(self, context, _):
        self.calls.append((context.task_id, time.monotonic()))
        if len(self.calls) < self.success:
            raise ValueError(f"attempt {len(self.calls)} failed")
        return len(self.calls)


def pay(*_):
    try:
        raise KeyError("no such account")
    except KeyError as error:
        raise PaymentRefused("refused: 12 € > 5 €", 12) from error


def chain_of(failure):
    """A failure and those inside it, outermost first."""
    while failure is not None:
        yield failure
        failure = failure.inner_failure


class Retries(HubTest):
    def test_a_retry_policy_repeats_a_failing_activity_under_its_number_each_time_after_its_delay(self):
        flaky = Failing(success=3)
        policy = task.RetryPolicy(
            first_retry_interval=timedelta(milliseconds=200), max_number_of_attempts=5, backoff_coefficient=2
        )

        def persistent(context, _):
            before = yield context.call_activity("steady")
            return [before, (yield context.call_activity("flaky", retry_policy=policy))]

        def steady(*_):
            return "steady"

        self.hub.work(orchestrators=[persistent], activities=[flaky, steady])

        self.assert_completed(self.hub.run(persistent), ["steady", 3])
        numbers, times = zip(*flaky.calls, strict=True)
        # This package repeats an activity under the number of its first attempt.
        self.assertEqual(numbers, (2, 2, 2))
        self.assertGreaterEqual(times[1] - times[0], 0.2)
        self.assertGreaterEqual(times[2] - times[1], 0.4)

    def test_when_every_attempt_is_spent_the_orchestration_fails_with_the_last_failure(self):
        flaky = Failing(success=1_000)

        def unlucky(context, _):
            return (yield context.call_activity("flaky", retry_policy=quickly(3)))

        self.hub.work(orchestrators=[unlucky], activities=[flaky])

        state = self.hub.run(unlucky)

        self.assert_status(state, OrchestrationStatus.FAILED)
        self.assertIn("attempt 3 failed", state.failure_details.message)
        self.assertEqual(len(flaky.calls), 3)

    def test_retries_of_a_child_repeat_it_under_its_id_and_multiply_those_of_its_activities(self):
        flaky = Failing(success=1_000)
        ids = []

        def parent(context, _):
            return (yield context.call_sub_orchestrator(child, retry_policy=quickly(2)))

        def child(context, _):
            if not context.is_replaying:
                ids.append(context.instance_id)
            return (yield context.call_activity("flaky", retry_policy=quickly(2)))

        self.hub.work(orchestrators=[parent, child], activities=[flaky])

        state = self.hub.run(parent)

        self.assert_status(state, OrchestrationStatus.FAILED)
        self.assertEqual(set(ids), {f"{state.instance_id}:0001"})
        self.assertEqual(len(flaky.calls), 4)
        self.assertIn("attempt 4 failed", "".join(failure.message for failure in chain_of(state.failure_details)))

    def test_a_nested_failure_keeps_every_level_with_type_message_stack_and_properties(self):
        def catches(context, _):
            try:
                yield context.call_activity(pay, retry_policy=quickly(2))
            except task.TaskFailedError as error:
                outer, inner = chain_of(error.details)
                return {
                    "types": [outer.error_type, inner.error_type],
                    "messages": [outer.message, inner.message],
                    "properties": [outer.properties, inner.properties],
                    "has_stack": "pay" in outer.stack_trace,
                }

        self.hub.work(
            orchestrators=[catches], activities=[pay], exception_properties_provider=AmountOfPayments()
        )

        expected = {
            "types": ["test_retries.PaymentRefused", "builtins.KeyError"],
            "messages": ["refused: 12 € > 5 €", "'no such account'"],
            "properties": [
                {"amount": 12, "currencies": ["EUR", "złoty"], "final": False, "card": None},
                None,
            ],
            "has_stack": True,
        }
        self.assert_completed(self.hub.run(catches), expected)

    def test_a_failure_gains_a_level_in_each_generation_and_loses_nothing(self):
        def top(context, _):
            return (yield context.call_sub_orchestrator(middle))

        def middle(context, _):
            return (yield context.call_sub_orchestrator(bottom))

        def bottom(context, _):
            return (yield context.call_activity(pay))

        self.hub.work(
            orchestrators=[top, middle, bottom], activities=[pay], exception_properties_provider=AmountOfPayments()
        )

        state = self.hub.run(top)

        self.assert_status(state, OrchestrationStatus.FAILED)
        levels = list(chain_of(state.failure_details))
        types = [level.error_type.rsplit(".", 1)[-1] for level in levels]
        self.assertEqual(types, ["TaskFailedError"] * 3 + ["PaymentRefused", "KeyError"])
        self.assertEqual(levels[3].message, "refused: 12 € > 5 €")
        self.assertEqual(levels[3].properties["currencies"], ["EUR", "złoty"])
        self.assertIn("pay", levels[3].stack_trace)

    def test_an_orchestrator_and_an_activity_that_no_worker_knows_fail_with_their_names(self):
        def calls(context, _):
            yield context.call_activity("unheard_of")

        self.hub.work(orchestrators=[calls])

        for state in (self.hub.run(calls), self.hub.run("unheard_of")):
            self.assert_status(state, OrchestrationStatus.FAILED)
            self.assertIn("unheard_of", state.failure_details.message)

    def test_a_failure_with_an_empty_message_is_a_failure(self):
        def silent(*_):
            raise RuntimeError

        def calls(context, _):
            try:
                yield context.call_activity(silent)
            except task.TaskFailedError as error:
                return error.details.error_type
            return "no failure"

        self.hub.work(orchestrators=[calls], activities=[silent])

        self.assert_completed(self.hub.run(calls), "builtins.RuntimeError")

    def test_a_caught_failure_lets_the_orchestration_compensate_in_reverse_order(self):
        done = []

        def book(_, step):
            if step == "car":
                raise RuntimeError("no cars left")
            done.append(f"book {step}")

        def cancel(_, step):
            done.append(f"cancel {step}")

        def saga(context, steps):
            undo = []
            try:
                for step in steps:
                    yield context.call_activity(book, input=step)
                    undo.insert(0, step)
                return "booked"
            except task.TaskFailedError:
                for step in undo:
                    yield context.call_activity(cancel, input=step)
                return "cancelled"

        self.hub.work(orchestrators=[saga], activities=[book, cancel])

        self.assert_completed(self.hub.run(saga, ["flight", "hotel", "car"]), "cancelled")
        self.assertEqual(done, ["book flight", "book hotel", "cancel hotel", "cancel flight"])
