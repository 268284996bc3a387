"""Export jobs of the package: an entity and an orchestration that write away the histories of what has ended."""

import json
from datetime import timedelta, timezone

from durabletask.client import OrchestrationStatus
from durabletask.extensions.history_export import (
    ExportDestination,
    ExportFormat,
    ExportFormatKind,
    ExportHistoryClient,
    ExportJobCreationOptions,
    ExportJobStatus,
    ExportMode,
)
from hub import DEADLINE_SECONDS, HubTest
from test_timers import now


class MemoryWriter:
    """A destination that is a list."""

    def __init__(self):
        self.written = []

    def write(self, *, instance_id, container, blob_name, payload, **_):
        self.written.append((instance_id, container, blob_name, json.loads(payload)))

    def ids(self):
        return sorted(instance_id for instance_id, *_ in self.written)


def double(_, value):
    return value * 2


def doubling(context, value):
    if value < 0:
        raise ValueError("negative")
    return (yield context.call_activity(double, input=value))


class ExportJobs(HubTest):
    def setUp(self):
        super().setUp()
        self.writer = MemoryWriter()
        self.exports = ExportHistoryClient(self.hub.client, self.writer)
        self.hub.work(orchestrators=[doubling], activities=[double], extend=self.exports.register_worker)
        self.begun = now()

    def run_some(self, *ids, value=1):
        for instance_id in ids:
            self.hub.run(doubling, value, instance_id=instance_id)

    def export(self, job_id, **options):
        """Starts a job over all that has ended by now, and waits for its end."""
        defaults = {
            "mode": ExportMode.BATCH,
            "completed_time_from": self.begun,
            "completed_time_to": now() + timedelta(seconds=1),
            "destination": ExportDestination("archive", prefix="today"),
            "format": ExportFormat(ExportFormatKind.JSON),
        }
        self.exports.create_job(ExportJobCreationOptions(**{**defaults, **options}), job_id=job_id)
        return self.exports.wait_for_job(job_id, timeout=DEADLINE_SECONDS, poll_interval=0.05)

    def test_a_job_exports_every_history_once_page_by_page(self):
        ids = [f"done-{i}" for i in range(5)]
        self.run_some(*ids)

        job = self.export("pages", max_instances_per_batch=2, runtime_status=[OrchestrationStatus.COMPLETED])

        self.assertEqual(job.status, ExportJobStatus.COMPLETED)
        self.assertEqual((job.exported_instances, job.failed_instances), (5, 0))
        self.assertEqual(self.writer.ids(), ids)
        for instance_id, container, name, document in self.writer.written:
            self.assertEqual(container, "archive")
            self.assertRegex(name, "^today/[0-9a-f]{64}")
            self.assertEqual(document["instance_id"], instance_id)
            kinds = [event["event_type"] for event in document["events"]]
            self.assertEqual(kinds[:3], ["OrchestratorStartedEvent", "ExecutionStartedEvent", "TaskScheduledEvent"])
            self.assertEqual(kinds[-1], "ExecutionCompletedEvent")

    def test_a_job_takes_what_has_the_wanted_status_and_ended_in_its_time(self):
        self.run_some("early")
        early = self.hub.state("early").last_updated_at.replace(tzinfo=timezone.utc)
        self.run_some("broken", value=-1)
        self.run_some("fine")

        self.export("failed", runtime_status=[OrchestrationStatus.FAILED])
        self.assertEqual(self.writer.ids(), ["broken"])

        self.writer.written.clear()
        self.export("late", completed_time_from=early + timedelta(microseconds=1))
        self.assertNotIn("early", self.writer.ids())
        self.assertIn("fine", self.writer.ids())

    def test_a_job_over_nothing_is_completed_at_once(self):
        job = self.export("nothing", runtime_status=[OrchestrationStatus.TERMINATED])

        self.assertEqual((job.status, job.scanned_instances), (ExportJobStatus.COMPLETED, 0))

    def test_the_same_job_again_writes_the_same_names(self):
        self.run_some("once")
        self.export("first", runtime_status=[OrchestrationStatus.COMPLETED])
        [(_, _, name, document)] = [one for one in self.writer.written if one[0] == "once"]
        self.writer.written.clear()

        self.export("second", runtime_status=[OrchestrationStatus.COMPLETED])

        self.assertIn(("once", "archive", name, document), self.writer.written)

    def test_jobs_are_listed_deleted_and_made_again(self):
        self.run_some("done")
        self.export("one", runtime_status=[OrchestrationStatus.COMPLETED])
        self.export("two", runtime_status=[OrchestrationStatus.FAILED])
        self.assertEqual([job.job_id for job in self.exports.list_jobs()], ["one", "two"])

        self.exports.delete_job("one")

        self.assert_becomes(lambda: [job.job_id for job in self.exports.list_jobs()], ["two"])
        self.writer.written.clear()
        self.export("one", runtime_status=[OrchestrationStatus.COMPLETED])
        self.assertIn("done", self.writer.ids())
