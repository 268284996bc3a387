"""Scheduled tasks of the package: a schedule is an entity that signals itself and starts orchestrations."""

from datetime import timedelta

from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.client import OrchestrationQuery
from durabletask.scheduled import (
    ScheduleCreationOptions,
    ScheduledTaskClient,
    ScheduleQuery,
    ScheduleStatus,
    ScheduleUpdateOptions,
)
from hub import DEADLINE_SECONDS, HubTest
from test_timers import now

SECOND = timedelta(seconds=1)


def echo(_, value):
    return value


def waits(context, _):
    yield context.wait_for_external_event("end")


class Schedules(HubTest):
    def setUp(self):
        super().setUp()
        self.schedules = ScheduledTaskClient(self.hub.client, operation_timeout=DEADLINE_SECONDS)
        self.hub.work(
            orchestrators=[echo, waits], extend=DurableTaskSchedulerWorker.configure_scheduled_tasks
        )

    def create(self, schedule_id, *, interval=SECOND, name="echo", **options):
        return self.schedules.create_schedule(ScheduleCreationOptions(schedule_id, name, interval, **options))

    def runs(self, value):
        """The instances of `echo` with this output, the oldest first."""
        found = self.hub.client.get_all_orchestration_states(OrchestrationQuery(fetch_inputs_and_outputs=True))
        states = [state for state in found if state.name == "echo" and state.get_output() == value]
        return sorted(states, key=lambda state: state.created_at)

    def has_runs(self, value, count):
        self.assert_becomes(lambda: len(self.runs(value)) >= count, True)
        return self.runs(value)

    def test_a_schedule_starts_its_orchestration_at_its_interval_with_its_input(self):
        # Instances are told times of UTC that don't say so.
        begun = now().replace(tzinfo=None)
        self.create("every-second", orchestration_input={"n": 1})

        runs = self.has_runs({"n": 1}, 2)

        for number, run in enumerate(runs[:2], start=1):
            self.assertRegex(run.instance_id, "^every-second-")
            self.assertGreaterEqual(run.created_at - begun, number * SECOND)

    def test_a_schedule_describes_itself(self):
        start_at = now() + timedelta(hours=1)
        schedule = self.create("described", interval=timedelta(minutes=5), start_at=start_at, orchestration_input=[1])

        self.assert_becomes(lambda: schedule.describe().next_run_at, start_at)
        described = schedule.describe()
        self.assertEqual(described.schedule_id, "described")
        self.assertEqual(described.orchestration_name, "echo")
        self.assertEqual(described.orchestration_input, [1])
        self.assertEqual(described.interval, timedelta(minutes=5))
        self.assertEqual(described.status, ScheduleStatus.ACTIVE)
        self.assertIsNone(described.last_run_at)
        self.assertEqual(self.schedules.get_schedule("described"), described)
        self.assertIsNone(self.schedules.get_schedule("missing"))

    def test_a_schedule_runs_at_once_when_it_is_late_and_should(self):
        self.create(
            "late",
            interval=timedelta(hours=1),
            start_at=now() - timedelta(minutes=1),
            start_immediately_if_late=True,
            orchestration_input="late",
        )

        self.has_runs("late", 1)
        self.assertIsNotNone(self.schedules.get_schedule("late").last_run_at)

    def test_a_paused_schedule_runs_nothing_until_it_is_resumed(self):
        schedule = self.create("paused", orchestration_input="paused")
        self.has_runs("paused", 1)
        schedule.pause()
        self.assertEqual(schedule.describe().status, ScheduleStatus.PAUSED)
        before = len(self.runs("paused"))
        # The time of two others passes, and this one's with it.
        self.create("other", orchestration_input="other")
        self.has_runs("other", 2)
        self.assertEqual(len(self.runs("paused")), before)

        schedule.resume()

        self.has_runs("paused", before + 1)
        self.assertEqual(schedule.describe().status, ScheduleStatus.ACTIVE)

    def test_an_update_changes_what_is_run_and_when(self):
        schedule = self.create("updated", interval=timedelta(hours=1), orchestration_input="before")

        schedule.update(ScheduleUpdateOptions(interval=SECOND, orchestration_input="after"))

        self.has_runs("after", 1)
        self.assertEqual(self.runs("before"), [])
        self.assertEqual(schedule.describe().interval, SECOND)

    def test_a_deleted_schedule_is_gone_and_runs_nothing_more(self):
        schedule = self.create("deleted", orchestration_input="deleted")
        self.has_runs("deleted", 1)

        schedule.delete()

        self.assertIsNone(self.schedules.get_schedule("deleted"))
        before = len(self.runs("deleted"))
        self.create("other", orchestration_input="other")
        self.has_runs("other", 2)
        self.assertEqual(len(self.runs("deleted")), before)
        self.assertEqual([one.schedule_id for one in self.schedules.list_schedules()], ["other"])

    def test_a_schedule_deletes_itself_after_its_end(self):
        self.create("short", end_at=now() + 1.5 * SECOND, orchestration_input="short")

        self.has_runs("short", 1)

        self.assert_becomes(lambda: self.schedules.get_schedule("short"), None)

    def test_a_schedule_with_a_fixed_id_never_runs_twice_at_once(self):
        schedule = self.create("single", name="waits", orchestration_instance_id="one")
        first = self.hub.is_running("one")
        begun = schedule.describe().last_run_at
        self.assert_becomes(lambda: schedule.describe().last_run_at > begun, True)
        self.assertEqual(self.hub.state("one").created_at, first.created_at)

        self.hub.client.raise_orchestration_event("one", "end")

        self.hub.until("one", lambda state: state.created_at > first.created_at)

    def test_schedules_are_listed_by_prefix_status_and_page(self):
        ids = ["red-1", "red-2", "red-3", "blue-1"]
        for schedule_id in ids:
            self.create(schedule_id, interval=timedelta(hours=1))
        self.schedules.get_schedule_client("red-2").pause()

        def listed(**query):
            return [one.schedule_id for one in self.schedules.list_schedules(ScheduleQuery(**query))]

        self.assertEqual(listed(page_size=2), sorted(ids))
        self.assertEqual(listed(schedule_id_prefix="red"), ["red-1", "red-2", "red-3"])
        self.assertEqual(listed(status=ScheduleStatus.PAUSED), ["red-2"])

    def test_what_a_schedule_can_not_do_fails_with_the_reason(self):
        with self.assertRaisesRegex(RuntimeError, "pause_schedule"):
            self.schedules.get_schedule_client("missing").pause()
        self.assertIsNone(self.schedules.get_schedule("missing"))
