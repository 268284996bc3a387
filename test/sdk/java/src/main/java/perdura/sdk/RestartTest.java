package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.microsoft.durabletask.TaskOrchestrationContext;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** This package restarts by itself: it reads the instance, and starts another one of the same name and input. */
final class RestartTest extends HubTest {
    private static Object waitForGo(TaskOrchestrationContext context) {
        return List.of(context.getInput(String.class), context.waitForExternalEvent("go", String.class).await());
    }

    private void workOnCounts() {
        var runs = new AtomicInteger();
        hub.work(worker -> worker.orchestrator(
                "counts", context -> List.of(context.getInput(String.class), runs.incrementAndGet())));
    }

    @Test
    void an_instance_starts_again_in_its_place_with_its_input() {
        workOnCounts();
        var first = hub.end(hub.start("counts", "in", "again"));

        assertEquals("again", hub.client.restartInstance("again", false));
        var second = hub.end("again");

        assertCompleted(List.of("in", 1), first);
        assertCompleted(List.of("in", 2), second);
        assertFalse(second.getCreatedAt().isBefore(first.getLastUpdatedAt()));
    }

    @Test
    void an_instance_starts_again_beside_itself_even_while_it_runs() {
        hub.work(worker -> worker.orchestrator("waitForGo", RestartTest::waitForGo));
        String first = hub.start("waitForGo", "in");
        hub.isRunning(first);

        String second = hub.client.restartInstance(first, true);
        hub.isRunning(second);
        hub.client.raiseEvent(first, "go", "first");
        hub.client.raiseEvent(second, "go", "second");

        assertNotEquals(first, second);
        assertCompleted(List.of("in", "first"), hub.end(first));
        assertCompleted(List.of("in", "second"), hub.end(second));
    }

    @Test
    void what_runs_is_refused_in_its_place_and_goes_on() {
        hub.work(worker -> worker.orchestrator("waitForGo", RestartTest::waitForGo));
        String id = hub.start("waitForGo", "in");
        hub.isRunning(id);

        var refused = assertThrows(StatusRuntimeException.class, () -> hub.client.restartInstance(id, false));
        hub.client.raiseEvent(id, "go", "unharmed");

        assertEquals(Status.Code.ALREADY_EXISTS, refused.getStatus().getCode());
        assertCompleted(List.of("in", "unharmed"), hub.end(id));
    }

    @Test
    void an_instance_that_nobody_knows_or_that_was_purged_is_not_found() {
        workOnCounts();
        String purged = hub.run("counts", "in").getInstanceId();
        hub.client.purgeInstance(purged);

        for (String id : List.of("nobody", purged)) {
            assertThrows(IllegalArgumentException.class, () -> hub.client.restartInstance(id, false));
            assertThrows(IllegalArgumentException.class, () -> hub.client.restartInstance(id, true));
        }
    }
}
