import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from durabletask.azuremanaged.client import AsyncDurableTaskSchedulerClient
from durabletask.client import OrchestrationQuery, OrchestrationStatus
from hub import HubTest


def brief(context, value):
    """Takes long enough for the next instance to be created, and to end, at another time."""
    yield context.create_timer(timedelta(milliseconds=10))
    return value


def fails(*_):
    raise RuntimeError("as planned")


def wait_for_go(context, _):
    return (yield context.wait_for_external_event("go"))


class Queries(HubTest):
    def found(self, **conditions):
        return self.hub.client.get_all_orchestration_states(OrchestrationQuery(**conditions))

    def ids(self, **conditions):
        return [state.instance_id for state in self.found(**conditions)]

    def start_all(self, instance_ids):
        """Starts instances that nobody works on, one after the other."""
        for instance_id in instance_ids:
            self.hub.start("nobody knows it", instance_id=instance_id)

    def run_all(self, instance_ids):
        self.hub.work(orchestrators=[brief], filters="auto")
        return [self.hub.run(brief, instance_id, instance_id=instance_id) for instance_id in instance_ids]

    def listed(self, **options):
        """The pages up to the one without a token."""
        pages, token = [], None
        while True:
            page = self.hub.client.list_instance_ids(continuation_token=token, **options)
            if page.items:
                pages.append(page.items)
            token = page.continuation_token
            if token is None:
                return pages

    def test_pages_of_every_size_show_each_instance_once_always_in_the_same_order(self):
        expected = [f"n{i}" for i in range(7)]
        self.start_all(expected)

        for size in range(1, 9):
            self.assertEqual(self.ids(max_instance_count=size), expected, f"page size {size}")

    def test_a_query_without_a_page_size_goes_on_beyond_1000_instances(self):
        with ThreadPoolExecutor(20) as pool:
            started = set(pool.map(lambda _: self.hub.start("nobody knows it"), range(1050)))

        found = [state.instance_id for state in self.hub.client.get_all_orchestration_states()]

        self.assertEqual(len(found), 1050)
        self.assertEqual(set(found), started)

    def test_instances_are_found_by_their_statuses(self):
        self.hub.work(orchestrators=[fails, brief, wait_for_go])
        self.hub.run(brief, instance_id="completed")
        self.hub.run(fails, instance_id="failed")
        for instance_id in ("running", "suspended", "terminated"):
            self.hub.start(wait_for_go, instance_id=instance_id)
            self.hub.is_running(instance_id)
        self.hub.client.suspend_orchestration("suspended")
        self.hub.client.terminate_orchestration("terminated")
        self.hub.end("terminated")

        for name in ("COMPLETED", "FAILED", "RUNNING", "SUSPENDED", "TERMINATED"):
            self.assertEqual(self.ids(runtime_status=[OrchestrationStatus[name]]), [name.lower()])
        both = [OrchestrationStatus.SUSPENDED, OrchestrationStatus.FAILED]
        self.assertEqual(self.ids(runtime_status=both), ["failed", "suspended"])
        self.assertEqual(self.ids(runtime_status=[OrchestrationStatus.PENDING]), [])

    def test_instances_are_found_by_the_time_of_their_creation_both_ends_included(self):
        first, second, third = (state.created_at for state in self.run_all("abc"))
        tick = timedelta(microseconds=1)

        self.assertEqual(self.ids(created_time_from=second), ["b", "c"])
        self.assertEqual(self.ids(created_time_from=second + tick), ["c"])
        self.assertEqual(self.ids(created_time_to=second), ["a", "b"])
        self.assertEqual(self.ids(created_time_to=second - tick), ["a"])
        self.assertEqual(self.ids(created_time_from=first, created_time_to=third), ["a", "b", "c"])
        self.assertEqual(self.ids(created_time_from=datetime.now(timezone.utc) + timedelta(minutes=1)), [])

    def test_a_prefix_is_taken_as_it_is_without_wildcards_and_with_case(self):
        self.start_all(["a%b", "a_b", "axb", "A%b", "b-a%b"])

        self.assertEqual(self.ids(instance_id_prefix="a%"), ["a%b"])
        self.assertEqual(self.ids(instance_id_prefix="a_"), ["a_b"])
        self.assertEqual(self.ids(instance_id_prefix="a", max_instance_count=1), ["a%b", "a_b", "axb"])

    def test_inputs_and_outputs_are_shown_to_those_who_ask_for_them(self):
        [whole] = self.run_all(["payload"])

        [bare] = self.found()
        [asked] = self.found(fetch_inputs_and_outputs=True)

        self.assertEqual((bare.get_input(), bare.get_output()), (None, None))
        self.assertEqual((asked.get_input(), asked.get_output()), ("payload", "payload"))
        self.assertEqual((asked.created_at, asked.last_updated_at), (whole.created_at, whole.last_updated_at))

    def test_ids_are_listed_page_by_page_in_the_order_of_their_ends(self):
        expected = list("abcdefg")
        self.run_all(expected)
        self.start_all(["pending"])

        for size in (1, 2, 3, 7, 8):
            pages = self.listed(page_size=size)
            self.assertEqual([instance_id for page in pages for instance_id in page], expected)
            self.assertEqual(len(pages), -(-7 // size))

    def test_ids_are_listed_by_status_and_by_the_time_of_their_end(self):
        ends = [state.last_updated_at for state in self.run_all("abc")]
        self.start_all(["terminated"])
        self.hub.client.terminate_orchestration("terminated")
        self.hub.end("terminated")

        self.assertEqual(self.listed(runtime_status=[OrchestrationStatus.TERMINATED]), [["terminated"]])
        self.assertEqual(self.listed(runtime_status=[OrchestrationStatus.RUNNING]), [])
        self.assertEqual(self.listed(completed_time_from=ends[1], completed_time_to=ends[2]), [["b", "c"]])

    def test_the_asynchronous_client_queries_lists_and_purges(self):
        self.run_all(["a", "b", "c"])

        async def use():
            async with AsyncDurableTaskSchedulerClient(**self.hub.connection()) as client:
                found = await client.get_all_orchestration_states(OrchestrationQuery(max_instance_count=2))
                listed = await client.list_instance_ids(page_size=2)
                purged = await client.purge_orchestrations_by(runtime_status=[OrchestrationStatus.COMPLETED])
                return [state.instance_id for state in found], listed.items, purged.deleted_instance_count

        self.assertEqual(asyncio.run(use()), (["a", "b", "c"], ["a", "b"], 3))
        self.assertEqual(self.ids(), [])
