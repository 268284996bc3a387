import time
from datetime import datetime, timedelta, timezone

import grpc
from durabletask import task
from durabletask.client import EntityQuery, OrchestrationStatus
from durabletask.entities import DurableEntity, EntityInstanceId
from hub import HubTest
from test_timers import now


class Journal(DurableEntity):
    """Keeps what it is told, in order."""

    def note(self, entry):
        self.set_state([*self.get_state(list, []), entry])
        return len(self.get_state(list))

    def read(self, _=None):
        return self.get_state(list, [])

    def stamp(self, _=None):
        self.note(time.time())

    def fail(self, message):
        self.note("must not stay")
        raise LookupError(message)

    def pass_on(self, target):
        self.signal_entity(journal(target), "note", "passed on")
        self.signal_entity(journal(target), "stamp", signal_time=now() + timedelta(milliseconds=400))
        self.note(time.time() + 0.4)

    def start(self, instance_id):
        self.note(self.schedule_new_orchestration("echo", {"from": "entity"}, instance_id=instance_id))


def journal(key):
    return EntityInstanceId("Journal", key)


def echo(context, value):
    return [context.instance_id, value]


def call(context, args):
    key, operation, value = args
    return (yield context.call_entity(journal(key), operation, value))


def section(context, keys):
    """Holds its journals from one event to the next, and calls the first in between."""
    with (yield context.lock_entities([journal(key) for key in keys])):
        yield context.wait_for_external_event("go on")
        yield context.call_entity(journal(keys[0]), "note", "own")
        how = yield context.wait_for_external_event("leave")
        if how == "failure":
            raise ValueError("with its locks")
    return "left"


def increments(context, keys):
    """Loses updates, unless nobody else is inside."""
    with (yield context.lock_entities([journal(key) for key in keys])):
        before = yield context.call_entity(journal("a"), "read")
        yield context.create_timer(timedelta(milliseconds=10))
        yield context.call_entity(journal("b"), "note", len(before))
        yield context.call_entity(journal("a"), "note", "x")


class Entities(HubTest):
    def signal(self, key, operation, value=None, **options):
        self.hub.client.signal_entity(journal(key), operation, value, **options)

    def state(self, key):
        entity = self.hub.client.get_entity(journal(key))
        return None if entity is None else entity.get_typed_state()

    def assert_notes(self, key, expected):
        self.assert_becomes(lambda: self.state(key), expected)

    def test_signals_make_an_entity_and_are_done_in_order(self):
        for i in range(30):
            self.signal("x", "note", i)
        self.assertIsNone(self.hub.client.get_entity(journal("x")))

        self.hub.work(entities=[Journal])

        self.assert_notes("x", list(range(30)))
        entity = self.hub.client.get_entity(journal("x"))
        self.assertEqual(str(entity.id), "@journal@x")
        self.assertLess(abs(now() - entity.last_modified), timedelta(seconds=30))
        self.assertEqual(entity.backlog_queue_size, 0)

    def test_a_call_gives_the_result_of_its_operation(self):
        self.hub.work(orchestrators=[call], entities=[Journal])

        self.assert_completed(self.hub.run(call, ["x", "note", {"text": "Zoë"}]), 1)
        self.assert_completed(self.hub.run(call, ["x", "read", None]), [{"text": "Zoë"}])
        self.assert_completed(self.hub.run(call, ["x", "stamp", None]), None)

    def test_signals_and_calls_of_an_orchestration_are_done_in_the_order_of_the_code(self):
        def mixed(context, _):
            for i in range(5):
                context.signal_entity(journal("x"), "note", i)
            calls = [context.call_entity(journal("x"), "read"), context.call_entity(journal("x"), "note", "last")]
            return (yield task.when_all(calls))

        self.hub.work(orchestrators=[mixed], entities=[Journal])

        self.assert_completed(self.hub.run(mixed), [[0, 1, 2, 3, 4], 6])

    def test_a_failed_operation_fails_its_call_and_leaves_the_state_as_it_was(self):
        def catches(context, message):
            try:
                yield context.call_entity(journal("x"), "fail", message)
            except task.TaskFailedError as error:
                return error.details.message

        self.hub.work(orchestrators=[call, catches], entities=[Journal])
        self.signal("x", "note", "kept")

        message = self.hub.run(catches, 'no "such"\nthing').get_output()
        self.assertRegex(message, "'fail'.*'@journal@x'.*no \"such\"\nthing")
        failed = self.hub.run(call, ["x", "fail", "uncaught"])
        self.assert_status(failed, OrchestrationStatus.FAILED)
        self.assertIn("uncaught", failed.failure_details.message)
        self.assertEqual(self.state("x"), ["kept"])

    def test_a_call_to_an_entity_that_no_worker_knows_fails(self):
        self.hub.work(orchestrators=[call])

        state = self.hub.run(call, ["x", "note", 1])

        self.assert_status(state, OrchestrationStatus.FAILED)
        self.assertIn("journal", state.failure_details.message)

    def test_an_entity_that_is_a_function_keeps_its_state(self):
        def counter(context, amount):
            context.set_state(context.get_state(int, 0) + (amount or 0))
            return context.get_state(int)

        def adds(context, amount):
            return (yield context.call_entity(EntityInstanceId("counter", "x"), "add", amount))

        self.hub.work(orchestrators=[adds], entities=[counter])

        self.assert_completed(self.hub.run(adds, 4), 4)
        self.assert_completed(self.hub.run(adds, 5), 9)

    def test_a_delayed_signal_of_a_client_comes_when_it_is_due(self):
        self.hub.work(entities=[Journal])
        due = now() + timedelta(milliseconds=500)
        self.signal("x", "stamp", signal_time=due)
        self.signal("x", "note", "at once")

        self.assert_becomes(lambda: len(self.state("x") or []), 2)
        first, stamp = self.state("x")
        self.assertEqual(first, "at once")
        self.assertGreaterEqual(stamp, due.timestamp())

    def test_an_entity_signals_another_one_at_once_and_later(self):
        self.hub.work(entities=[Journal])
        self.signal("sender", "pass_on", "receiver")

        self.assert_becomes(lambda: len(self.state("receiver") or []), 2)
        passed, stamp = self.state("receiver")
        self.assertEqual(passed, "passed on")
        # `pass_on` took its times one after the other.
        self.assertGreaterEqual(stamp, self.state("sender")[0] - 0.1)

    def test_an_entity_starts_an_orchestration(self):
        self.hub.work(orchestrators=[echo], entities=[Journal])

        self.signal("x", "start", "chosen")

        self.assert_notes("x", ["chosen"])
        self.assert_completed(self.hub.end("chosen"), ["chosen", {"from": "entity"}])

    def test_a_deleted_entity_does_not_exist_and_can_be_made_again(self):
        self.hub.work(entities=[Journal])
        self.signal("x", "note", "old life")
        self.assert_notes("x", ["old life"])

        self.signal("x", "delete")
        self.assert_becomes(lambda: self.hub.client.get_entity(journal("x")), None)
        self.assertEqual(self.hub.client.get_all_entities(), [])

        self.signal("x", "note", "new life")
        self.assert_notes("x", ["new life"])

    def test_what_others_send_to_a_locked_entity_waits_until_it_is_released(self):
        self.hub.work(orchestrators=[section, call], entities=[Journal])
        holder = self.hub.start(section, ["a", "b", "a"])
        self.hub.client.raise_orchestration_event(holder, "go on")
        self.assert_notes("a", ["own"])
        self.signal("a", "note", "signalled")
        caller = self.hub.start(call, ["b", "note", "called"])
        self.hub.is_running(caller)
        self.signal("c", "note", "free")
        self.assert_notes("c", ["free"])
        self.assertEqual(self.state("a"), ["own"])
        self.assertIsNone(self.state("b"))

        self.hub.client.raise_orchestration_event(holder, "leave")

        self.assert_completed(self.hub.end(holder), "left")
        self.assert_completed(self.hub.end(caller), 1)
        self.assert_notes("a", ["own", "signalled"])

    def test_critical_sections_over_the_same_entities_run_one_after_the_other(self):
        self.hub.work(orchestrators=[increments], entities=[Journal])

        ids = [self.hub.start(increments, ["a", "b"] if i % 2 else ["b", "a"]) for i in range(6)]
        for instance_id in ids:
            self.assert_completed(self.hub.end(instance_id))

        self.assertEqual(self.state("b"), [0, 1, 2, 3, 4, 5])

    def test_locks_end_with_an_orchestration_that_fails_or_is_terminated(self):
        self.hub.work(orchestrators=[section], entities=[Journal])
        for key, ending in (("a", "failure"), ("b", "termination")):
            with self.subTest(ending):
                holder = self.hub.start(section, [key])
                self.hub.client.raise_orchestration_event(holder, "go on")
                self.assert_notes(key, ["own"])
                self.signal(key, "note", "waits")

                if ending == "failure":
                    self.hub.client.raise_orchestration_event(holder, "leave", data="failure")
                else:
                    self.hub.client.terminate_orchestration(holder)

                self.hub.end(holder)
                self.assert_notes(key, ["own", "waits"])

    def test_entities_are_found_by_prefix_page_by_page_with_their_states(self):
        self.hub.work(entities=[Journal])
        keys = ["a1", "a2", "a3", "A4", "b1"]
        for key in keys:
            self.signal(key, "note", key)

        def query(**options):
            found = self.hub.client.get_all_entities(EntityQuery(**options))
            return [(entity.id.key, entity.get_typed_state() if entity.includes_state else None) for entity in found]

        self.assert_becomes(query, [(key, [key]) for key in sorted(keys)])
        self.assertEqual(query(page_size=2), query())
        self.assertEqual(
            query(instance_id_starts_with="@journal@a", page_size=1), [("a1", ["a1"]), ("a2", ["a2"]), ("a3", ["a3"])]
        )
        self.assertEqual(query(instance_id_starts_with="journal@b", include_state=False), [("b1", None)])
        self.assertEqual(query(last_modified_to=datetime(2020, 1, 1, tzinfo=timezone.utc)), [])

    def test_cleaning_leaves_what_has_a_state_and_a_purge_takes_it(self):
        self.hub.work(entities=[Journal])
        self.signal("x", "note", 1)
        self.assert_notes("x", [1])

        cleaned = self.hub.client.clean_entity_storage()
        self.assertEqual((cleaned.empty_entities_removed, cleaned.orphaned_locks_released), (0, 0))
        self.assertEqual(self.state("x"), [1])

        self.assertEqual(self.hub.client.purge_orchestration("@journal@x").deleted_instance_count, 1)
        self.assertIsNone(self.hub.client.get_entity(journal("x")))

    def test_an_id_that_is_too_long_is_refused_by_its_length(self):
        with self.assertRaises(grpc.RpcError) as refused:
            self.signal("k" * 92, "note", 1)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("length", refused.exception.details())
