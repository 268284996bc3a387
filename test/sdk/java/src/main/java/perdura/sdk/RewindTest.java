package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.TaskOrchestrationContext;
import com.microsoft.durabletask.implementation.protobuf.OrchestratorService.RewindInstanceRequest;
import com.microsoft.durabletask.implementation.protobuf.TaskHubSidecarServiceGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/**
 * The client of this version of the package can't rewind, but its messages can. Its worker knows nothing of rewinding and
 * dies of events that it doesn't know, so it must see a history as if nothing had failed.
 */
final class RewindTest extends HubTest {
    private final Set<String> broken = ConcurrentHashMap.newKeySet();
    private final List<String> calls = new CopyOnWriteArrayList<>();

    private Worker workOnSteps() {
        return hub.work(worker -> worker
                .orchestrator("inTurn", RewindTest::inTurn)
                .orchestrator("nest", RewindTest::nest)
                .activity("step", context -> step(context.getInput(String.class))));
    }

    private static Object inTurn(TaskOrchestrationContext context) {
        var results = new ArrayList<String>();
        for (String name : context.getInput(String[].class)) {
            results.add(context.callActivity("step", name, String.class).await());
        }
        return results;
    }

    private static Object nest(TaskOrchestrationContext context) {
        int depth = context.getInput(Integer.class);
        if (depth == 0) return context.callActivity("step", "only", String.class).await();
        return context.callSubOrchestrator("nest", depth - 1, "level-" + (depth - 1), String.class).await();
    }

    private Object step(String name) {
        calls.add(name);
        if (broken.contains(name)) throw new IllegalStateException(name + " is broken");
        return name + " done";
    }

    private void rewind(String id) {
        TaskHubSidecarServiceGrpc.newBlockingStub(hub.channel)
                .rewindInstance(RewindInstanceRequest.newBuilder().setInstanceId(id).build());
    }

    private String failed(String orchestrator, Object input) {
        var state = hub.run(orchestrator, input);
        assertStatus(OrchestrationRuntimeStatus.FAILED, state);
        return state.getInstanceId();
    }

    @Test
    void a_failed_activity_runs_again_and_those_that_succeeded_do_not() {
        var worker = workOnSteps();
        broken.add("charge");
        String id = failed("inTurn", List.of("reserve", "charge", "ship"));

        broken.clear();
        rewind(id);

        assertCompleted(List.of("reserve done", "charge done", "ship done"), hub.end(id));
        assertEquals(List.of("reserve", "charge", "charge", "ship"), calls);
        assertTrue(worker.isAlive());
    }

    @Test
    void failed_children_are_rewound_with_their_parent_under_their_ids() {
        workOnSteps();
        broken.add("only");
        String id = failed("nest", 2);

        broken.clear();
        rewind(id);

        assertCompleted("only done", hub.end(id));
        for (String child : List.of("level-0", "level-1")) assertCompleted("only done", hub.state(child));
        assertEquals(List.of("only", "only"), calls);
    }

    @Test
    void an_instance_that_fails_again_can_be_rewound_again() {
        var worker = workOnSteps();
        broken.addAll(List.of("a", "b"));
        String id = failed("inTurn", List.of("a", "b"));

        broken.remove("a");
        rewind(id);
        assertStatus(OrchestrationRuntimeStatus.FAILED, hub.end(id));
        broken.remove("b");
        rewind(id);

        assertCompleted(List.of("a done", "b done"), hub.end(id));
        assertEquals(List.of("a", "a", "b", "b"), calls);
        assertTrue(worker.isAlive());
    }

    @Test
    void what_has_not_failed_is_refused_and_nobody_is_not_found() {
        workOnSteps();
        String completed = hub.run("inTurn", List.of()).getInstanceId();

        var refused = assertThrows(StatusRuntimeException.class, () -> rewind(completed));
        var unknown = assertThrows(StatusRuntimeException.class, () -> rewind("nobody"));

        assertEquals(Status.Code.FAILED_PRECONDITION, refused.getStatus().getCode());
        assertEquals(Status.Code.NOT_FOUND, unknown.getStatus().getCode());
        assertStatus(OrchestrationRuntimeStatus.COMPLETED, hub.state(completed));
    }
}
