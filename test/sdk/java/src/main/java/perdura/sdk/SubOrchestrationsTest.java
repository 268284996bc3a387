package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskFailedException;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SubOrchestrationsTest extends HubTest {
    private static Object waitForGo(TaskOrchestrationContext context) {
        return context.waitForExternalEvent("go", String.class).await();
    }

    /** Calls the child of that name and id and, when that fails, returns what the failure looked like from here. */
    private static Object callAndCatch(TaskOrchestrationContext context) {
        var child = context.getInput(String[].class);
        try {
            return context.callSubOrchestrator(child[0], null, child[1], Object.class).await();
        } catch (TaskFailedException failure) {
            var details = failure.getErrorDetails();
            return List.of(details.getErrorType(), details.getErrorMessage());
        }
    }

    private static String[] child(String name, String id) {
        return new String[] {name, id};
    }

    @Test
    void a_childs_result_is_its_parents_and_its_id_is_a_uuid_or_what_the_parent_chose() {
        hub.work(worker -> worker
                .orchestrator("parent", context -> {
                    String chosen = context.callSubOrchestrator("child", 7, "my-child", String.class).await();
                    return List.of(chosen, context.callSubOrchestrator("child", 8, String.class).await());
                })
                .orchestrator("child", context -> context.getInput(Integer.class) + " " + context.getInstanceId()));

        var output = hub.run("parent", null).readOutputAs(String[].class);

        assertEquals("7 my-child", output[0]);
        assertTrue(output[1].matches("8 [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), output[1]);
        assertEquals("child", hub.state(output[1].substring(2)).getName());
    }

    @Test
    void children_run_and_each_result_goes_to_its_call() {
        hub.work(worker -> worker
                .orchestrator("parent", context -> {
                    List<Task<Integer>> calls = range(0, 20).stream()
                            .map(i -> context.callSubOrchestrator("child", i, Integer.class))
                            .toList();
                    return context.allOf(calls).await();
                })
                .orchestrator("child", context ->
                        context.callActivity("triple", context.getInput(Integer.class), Integer.class).await())
                .activity("triple", context -> context.getInput(Integer.class) * 3));

        assertCompleted(range(0, 20).stream().map(i -> i * 3).toList(), hub.run("parent", null));
    }

    @Test
    void orchestrations_nest_ten_levels_deep() {
        hub.work(worker -> worker.orchestrator("nest", context -> {
            int depth = context.getInput(Integer.class);
            return depth == 0 ? 0 : 1 + context.callSubOrchestrator("nest", depth - 1, Integer.class).await();
        }));

        assertCompleted(10, hub.run("nest", 10));
    }

    @Test
    void a_childs_failure_reaches_its_parent_word_for_word() {
        hub.work(worker -> worker
                .orchestrator("callAndCatch", SubOrchestrationsTest::callAndCatch)
                .orchestrator("failing", context -> {
                    throw new IllegalArgumentException("no \"such\" thing: ∞\nsecond line");
                }));

        var state = hub.run("callAndCatch", child("failing", "the-child"));

        var expected = List.of("java.lang.IllegalArgumentException", "no \"such\" thing: ∞\nsecond line");
        assertCompleted(expected, state);
        var failure = hub.state("the-child").getFailureDetails();
        assertEquals(expected, List.of(failure.getErrorType(), failure.getErrorMessage()));
        assertTrue(failure.getStackTrace().contains("SubOrchestrationsTest"), failure.getStackTrace());
    }

    @Test
    void a_child_whose_id_belongs_to_a_running_instance_fails_the_call_and_leaves_that_instance_alone() {
        hub.work(worker -> worker
                .orchestrator("callAndCatch", SubOrchestrationsTest::callAndCatch)
                .orchestrator("busy", SubOrchestrationsTest::waitForGo));
        hub.isRunning(hub.start("busy", null, "taken"));

        var failure = hub.run("callAndCatch", child("busy", "taken")).readOutputAs(String[].class);
        hub.client.raiseEvent("taken", "go", "still here");

        assertTrue(failure[1].matches("(?is).*exist.*"), failure[1]);
        assertCompleted("still here", hub.end("taken"));
    }

    @Test
    void a_terminated_child_fails_the_call_of_its_parent() {
        hub.work(worker -> worker
                .orchestrator("callAndCatch", SubOrchestrationsTest::callAndCatch)
                .orchestrator("child", SubOrchestrationsTest::waitForGo));

        String id = hub.start("callAndCatch", child("child", "victim"));
        hub.isRunning("victim");
        hub.client.terminate("victim", "enough is enough");
        var failure = hub.end(id).readOutputAs(String[].class);

        assertTrue(failure[0].matches("(?i).*terminat.*"), failure[0]);
        assertTrue(failure[1].contains("enough is enough"), failure[1]);
    }
}
