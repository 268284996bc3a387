from datetime import timedelta

from durabletask import task
from durabletask.client import OrchestrationStatus
from hub import HubTest


def child(context, value):
    return {"input": value, "id": context.instance_id, "parent": context.parent_instance_id}


def wait_for_go(context, _):
    return (yield context.wait_for_external_event("go"))


def call_and_catch(context, options):
    """Calls the child and, when that fails, returns what the failure looked like from here."""
    try:
        return (yield context.call_sub_orchestrator(options["name"], instance_id=options.get("id")))
    except task.TaskFailedError as error:
        return {"type": error.details.error_type, "message": error.details.message}


class SubOrchestrations(HubTest):
    def test_a_child_knows_its_parent_and_its_result_is_the_parents(self):
        def parent(context, value):
            return (yield context.call_sub_orchestrator(child, input=value))

        self.hub.work(orchestrators=[parent, child])

        state = self.hub.run(parent, 7)

        # The package names a child after its parent and the number of the call.
        expected = {"input": 7, "id": f"{state.instance_id}:0001", "parent": state.instance_id}
        self.assert_completed(state, expected)
        self.assertEqual(self.hub.state(expected["id"]).name, "child")

    def test_an_orchestration_started_by_a_client_has_no_parent(self):
        self.hub.work(orchestrators=[child])

        self.assertIsNone(self.hub.run(child).get_output()["parent"])

    def test_children_run_and_each_result_goes_to_its_call(self):
        def triple(_, value):
            return value * 3

        def calls(context, value):
            return (yield context.call_activity(triple, input=value))

        def parent(context, width):
            return (yield task.when_all([context.call_sub_orchestrator(calls, input=i) for i in range(width)]))

        self.hub.work(orchestrators=[parent, calls], activities=[triple])

        self.assert_completed(self.hub.run(parent, 20), [i * 3 for i in range(20)])

    def test_orchestrations_nest_although_their_ids_grow_with_each_level(self):
        def nest(context, depth):
            if depth == 0:
                return context.instance_id
            return (yield context.call_sub_orchestrator(nest, input=depth - 1))

        self.hub.work(orchestrators=[nest])

        # Beyond the 100 characters that clients may use.
        instance_id = "x" * 90
        self.assert_completed(self.hub.run(nest, 10, instance_id=instance_id), instance_id + ":0001" * 10)

    def test_a_child_whose_id_belongs_to_a_running_instance_fails_the_call_and_leaves_that_instance_alone(self):
        self.hub.work(orchestrators=[call_and_catch, wait_for_go])
        self.hub.start(wait_for_go, instance_id="taken")
        self.hub.is_running("taken")

        state = self.hub.run(call_and_catch, {"name": "wait_for_go", "id": "taken"})
        self.hub.client.raise_orchestration_event("taken", "go", data="still here")

        self.assert_completed(state)
        self.assertRegex(state.get_output()["message"], "(?i)exist")
        self.assert_completed(self.hub.end("taken"), "still here")

    def test_a_child_whose_id_belongs_to_a_finished_instance_takes_its_place(self):
        def old(*_):
            return "old"

        def young(*_):
            return "young"

        self.hub.work(orchestrators=[call_and_catch, old, young])
        self.hub.run(old, instance_id="inherited")

        self.assert_completed(self.hub.run(call_and_catch, {"name": "young", "id": "inherited"}), "young")
        self.assertEqual(self.hub.state("inherited").name, "young")

    def test_a_terminated_child_fails_the_call_of_its_parent_with_the_reason(self):
        self.hub.work(orchestrators=[call_and_catch, wait_for_go])

        instance_id = self.hub.start(call_and_catch, {"name": "wait_for_go", "id": "victim"})
        self.hub.is_running("victim")
        self.hub.client.terminate_orchestration("victim", output="enough is enough")
        state = self.hub.end(instance_id)

        self.assert_completed(state)
        self.assertRegex(state.get_output()["type"], "(?i)terminat")
        self.assertIn("enough is enough", state.get_output()["message"])

    def test_a_child_that_nobody_waits_for_outlives_its_parent(self):
        def parent(context, _):
            context.call_sub_orchestrator(wait_for_go, instance_id="left-behind")
            yield context.create_timer(timedelta(0))
            return "gone"

        self.hub.work(orchestrators=[parent, wait_for_go])

        self.assert_completed(self.hub.run(parent), "gone")
        self.assert_status(self.hub.is_running("left-behind"), OrchestrationStatus.RUNNING)
        self.hub.client.raise_orchestration_event("left-behind", "go", data="finished alone")
        self.assert_completed(self.hub.end("left-behind"), "finished alone")
