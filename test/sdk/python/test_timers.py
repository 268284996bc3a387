from datetime import datetime, timedelta, timezone

from durabletask import task
from durabletask.client import OrchestrationStatus
from hub import HubTest


def now():
    return datetime.now(timezone.utc)


def lateness(context, microseconds):
    """Waits for one timer; the result is how many seconds after its time the orchestration went on.

    By its own clock, which the server sets past the time anyway, and by that of the machine.
    """
    fire_at = context.current_utc_datetime + timedelta(microseconds=microseconds)
    yield context.create_timer(fire_at)
    # Orchestrations are told times of UTC that don't say so.
    by_machine = now().replace(tzinfo=None) - fire_at
    return [(context.current_utc_datetime - fire_at).total_seconds(), by_machine.total_seconds()]


class Timers(HubTest):
    def test_timers_are_never_early_and_the_clock_is_past_them_when_they_fire(self):
        self.hub.work(orchestrators=[lateness])

        # Down to the microsecond, which is what this package counts in.
        ids = [self.hub.start(lateness, delay) for delay in (400_000, 500_001, 617_999, 850_123)]

        for instance_id in ids:
            state = self.hub.end(instance_id)
            self.assert_completed(state)
            by_orchestration, by_machine = state.get_output()
            self.assertGreater(by_orchestration, 0)
            self.assertGreaterEqual(by_machine, 0)
            self.assertLess(by_machine, 3)

    def test_a_timer_of_zero_and_one_in_the_past_fire_at_once(self):
        def immediate(context, _):
            yield context.create_timer(timedelta(0))
            yield context.create_timer(datetime(2001, 1, 1, tzinfo=timezone.utc))
            return "fired"

        self.hub.work(orchestrators=[immediate])

        self.assert_completed(self.hub.run(immediate), "fired")

    def test_timers_fire_in_the_order_of_their_times_not_of_their_creation(self):
        def race(context, delays):
            start = context.current_utc_datetime
            timers = {delay: context.create_timer(start + timedelta(milliseconds=delay)) for delay in delays}
            fired = []
            while timers:
                winner = yield task.when_any(list(timers.values()))
                fired.append(next(delay for delay, timer in timers.items() if timer is winner))
                del timers[fired[-1]]
            return fired

        self.hub.work(orchestrators=[race])

        self.assert_completed(self.hub.run(race, [900, 300, 600]), [300, 600, 900])

    def test_a_timer_far_in_the_future_is_one_timer_and_delays_nothing(self):
        turns = []

        def race(context, _):
            turns.append(context.is_replaying)
            # The package leaves so long a time in one piece.
            long = context.create_timer(timedelta(days=365 * 100))
            short = context.create_timer(timedelta(milliseconds=100))
            winner = yield task.when_any([long, short])
            return "short" if winner is short else "long"

        self.hub.work(orchestrators=[race])

        self.assert_completed(self.hub.run(race), "short")
        self.assertEqual(turns, [False, True])

    def test_an_orchestration_scheduled_for_later_stays_pending_and_never_begins_early(self):
        def told_time(context, _):
            return [context.current_utc_datetime.isoformat(), now().replace(tzinfo=None).isoformat()]

        self.hub.work(orchestrators=[told_time])
        start_at = now() + timedelta(seconds=1.5)

        instance_id = self.hub.start(told_time, start_at=start_at)
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.PENDING)
        with self.assertRaises(TimeoutError):
            self.hub.client.wait_for_orchestration_start(instance_id, timeout=0.3)
        state = self.hub.end(instance_id)

        self.assert_completed(state)
        for begun_at in state.get_output():
            self.assertGreaterEqual(datetime.fromisoformat(begun_at), start_at.replace(tzinfo=None))

    def test_a_start_in_the_past_means_now(self):
        def greet(*_):
            return "hello"

        self.hub.work(orchestrators=[greet])

        self.assert_completed(self.hub.run(greet, start_at=datetime(1970, 1, 2, tzinfo=timezone.utc)), "hello")
