from durabletask.client import OrchestrationStatus
from durabletask.worker import (
    ActivityWorkItemFilter,
    OrchestrationWorkItemFilter,
    VersionFailureStrategy,
    VersioningOptions,
    VersionMatchStrategy,
    WorkItemFilters,
)
from hub import HubTest


def versioned(context, _):
    return context.version


def answering(name, answer):
    """An orchestrator or activity of that name with that result."""

    def function(*_):
        return answer

    function.__name__ = name
    return function


def strict(version, failure=None):
    return VersioningOptions(
        version=version, match_strategy=VersionMatchStrategy.STRICT, failure_strategy=failure
    )


class Versions(HubTest):
    def test_an_orchestration_sees_the_version_it_was_started_with(self):
        self.hub.work(orchestrators=[versioned])

        self.assert_completed(self.hub.run(versioned, version="2.1.0"), "2.1.0")
        self.assert_completed(self.hub.run(versioned), None)

    def test_a_child_has_the_version_its_parent_named_or_the_workers_default_never_the_parents(self):
        def parent(context, _):
            named = yield context.call_sub_orchestrator(versioned, version="7.0.0")
            unnamed = yield context.call_sub_orchestrator(versioned)
            return [context.version, named, unnamed]

        self.hub.work(orchestrators=[parent, versioned])
        self.assert_completed(self.hub.run(parent, version="3.0.0"), ["3.0.0", "7.0.0", None])

        # The first worker has no default, so it must not see the work of the second.
        self.hub = self.new_hub()
        versioning = VersioningOptions(default_version="5.0.0", match_strategy=VersionMatchStrategy.NONE)
        self.hub.work(orchestrators=[parent, versioned], versioning=versioning)
        self.assert_completed(self.hub.run(parent, version="3.0.0"), ["3.0.0", "7.0.0", "5.0.0"])

    def test_an_orchestration_that_no_filter_names_stays_pending_until_a_worker_names_it(self):
        def only(name):
            return WorkItemFilters(orchestrations=[OrchestrationWorkItemFilter(name=name)])

        known, wrong, right = answering("known", 1), answering("rare", "wrong"), answering("rare", "right")
        self.hub.work(orchestrators=[known, wrong], filters=only("known"))

        instance_id = self.hub.start("rare")
        self.assert_completed(self.hub.run("known"), 1)
        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.PENDING)
        self.hub.work(orchestrators=[right], filters=only("rare"))

        self.assert_completed(self.hub.end(instance_id), "right")

    def test_filters_made_of_a_strict_workers_functions_take_its_version_only(self):
        self.hub.work(orchestrators=[answering("job", "worker 1")], versioning=strict("1.0.0"), filters="auto")

        second = self.hub.start("job", version="2.0.0")
        unversioned = self.hub.start("job")
        self.assert_completed(self.hub.run("job", version="1.0.0"), "worker 1")
        self.assert_status(self.hub.state(second), OrchestrationStatus.PENDING)
        self.hub.work(orchestrators=[answering("job", "worker 2")], versioning=strict("2.0.0"), filters="auto")

        self.assert_completed(self.hub.end(second), "worker 2")
        self.assert_status(self.hub.state(unversioned), OrchestrationStatus.PENDING)

    def test_a_filter_on_the_empty_version_takes_unversioned_orchestrations_only(self):
        filters = WorkItemFilters(orchestrations=[OrchestrationWorkItemFilter(name="versioned", versions=[""])])
        self.hub.work(orchestrators=[versioned], filters=filters)

        instance_id = self.hub.start(versioned, version="1.0.0")
        self.assert_completed(self.hub.run(versioned), None)

        self.assert_status(self.hub.state(instance_id), OrchestrationStatus.PENDING)

    def test_orchestrations_and_activities_can_live_on_different_workers(self):
        def calls(context, _):
            return (yield context.call_activity("serve"))

        # A worker whose filters name nothing of a kind gets nothing of that kind.
        self.hub.work(
            orchestrators=[calls],
            activities=[answering("serve", "wrong worker")],
            filters=WorkItemFilters(orchestrations=[OrchestrationWorkItemFilter(name="calls")]),
        )
        self.hub.work(
            orchestrators=[answering("calls", "wrong worker")],
            activities=[answering("serve", "right worker")],
            filters=WorkItemFilters(activities=[ActivityWorkItemFilter(name="serve")]),
        )

        for instance_id in [self.hub.start(calls) for _ in range(10)]:
            self.assert_completed(self.hub.end(instance_id), "right worker")

    def test_an_activity_is_matched_by_the_version_of_its_orchestration(self):
        def calls(context, _):
            return (yield context.call_activity("serve"))

        def serving(version):
            return WorkItemFilters(activities=[ActivityWorkItemFilter(name="serve", versions=[version])])

        self.hub.work(
            orchestrators=[calls], filters=WorkItemFilters(orchestrations=[OrchestrationWorkItemFilter(name="calls")])
        )
        for version in ("1.0.0", "2.0.0"):
            self.hub.work(activities=[answering("serve", version)], filters=serving(version))

        versions = ["1.0.0", "2.0.0"] * 5
        ids = [self.hub.start(calls, version=version) for version in versions]
        self.assertEqual([self.hub.end(instance_id).get_output() for instance_id in ids], versions)

    def test_work_that_a_worker_of_another_version_rejects_goes_to_the_one_that_takes_it(self):
        for version in ("1.0.0", "2.0.0"):
            self.hub.work(
                orchestrators=[answering("job", version)],
                versioning=strict(version, VersionFailureStrategy.REJECT),
            )

        versions = ["1.0.0", "2.0.0"] * 2
        ids = [self.hub.start("job", version=version) for version in versions]
        self.assertEqual([self.hub.end(instance_id).get_output() for instance_id in ids], versions)

    def test_a_worker_that_fails_foreign_versions_ends_the_orchestration_with_the_mismatch(self):
        self.hub.work(orchestrators=[versioned], versioning=strict("1.0.0", VersionFailureStrategy.FAIL))

        state = self.hub.run(versioned, version="2.0.0")

        self.assert_status(state, OrchestrationStatus.FAILED)
        self.assertEqual(state.failure_details.error_type, "VersionMismatch")
        self.assertIn("2.0.0", state.failure_details.message)
