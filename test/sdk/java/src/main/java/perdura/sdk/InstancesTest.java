package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.TaskOrchestrationContext;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class InstancesTest extends HubTest {
    private static Object waitForGo(TaskOrchestrationContext context) {
        return List.of(context.getInput(String.class), context.waitForExternalEvent("go", String.class).await());
    }

    private static void workOnWaits(Hub hub) {
        hub.work(worker -> worker.orchestrator("waitForGo", InstancesTest::waitForGo));
    }

    @Test
    void the_id_of_a_running_instance_is_refused_and_the_instance_goes_on() {
        workOnWaits(hub);
        hub.start("waitForGo", "first", "singleton");

        var refused = assertThrows(
                StatusRuntimeException.class, () -> hub.start("waitForGo", "second", "singleton"));
        hub.client.raiseEvent("singleton", "go", "unharmed");

        assertEquals(Status.Code.ALREADY_EXISTS, refused.getStatus().getCode());
        assertCompleted(List.of("first", "unharmed"), hub.end("singleton"));
    }

    @Test
    void the_id_of_a_finished_instance_begins_a_new_life() {
        hub.work(worker -> worker
                .orchestrator("fails", context -> {
                    throw new IllegalStateException("first life");
                })
                .orchestrator("echo", context -> context.getInput(String.class)));

        var first = hub.end(hub.start("fails", "one", "phoenix"));
        var second = hub.end(hub.start("echo", "two", "phoenix"));

        assertStatus(OrchestrationRuntimeStatus.FAILED, first);
        assertCompleted("two", second);
        assertEquals("echo", second.getName());
        assertFalse(second.getCreatedAt().isBefore(first.getLastUpdatedAt()));
    }

    @Test
    void the_late_answer_of_a_terminated_execution_is_not_taken_for_that_of_its_successor() {
        var entered = new CountDownLatch(1);
        var gate = new CountDownLatch(1);
        hub.work(worker -> worker
                .orchestrator("old", context -> {
                    entered.countDown();
                    await(gate);
                    return "old";
                })
                .orchestrator("young", context -> "young"));

        hub.start("old", null, "reused");
        await(entered);
        hub.client.terminate("reused", "stopped");
        assertStatus(OrchestrationRuntimeStatus.TERMINATED, hub.end("reused"));
        // Its turn waits in the stream, and this version of the package names only the instance when it answers.
        hub.start("young", null, "reused");
        gate.countDown();

        assertCompleted("young", hub.end("reused"));
    }

    @Test
    void an_id_of_100_characters_is_accepted_and_a_longer_one_refused_with_the_reason() {
        String longest = "x".repeat(100);

        assertEquals(longest, hub.start("waitForGo", "x", longest));
        var refused = assertThrows(
                StatusRuntimeException.class, () -> hub.start("waitForGo", "x", longest + "x"));

        assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode());
        assertTrue(refused.getStatus().getDescription().contains("length"), refused.toString());
    }

    @Test
    void an_id_that_nobody_uses_is_unknown_and_can_be_waited_for() {
        workOnWaits(hub);
        assertFalse(hub.state("nobody").isInstanceFound());

        var waiting = CompletableFuture.supplyAsync(() -> hub.end("nobody"));
        hub.start("waitForGo", "here", "nobody");
        hub.client.raiseEvent("nobody", "go", "now");

        assertCompleted(List.of("here", "now"), waiting.join());
    }

    @Test
    void a_wait_ends_when_the_patience_of_its_client_does() {
        workOnWaits(hub);
        String id = hub.start("waitForGo", "x");
        hub.isRunning(id);

        assertThrows(
                TimeoutException.class,
                () -> hub.client.waitForInstanceCompletion(id, Duration.ofMillis(300), false));
        assertStatus(OrchestrationRuntimeStatus.RUNNING, hub.state(id));
    }

    @Test
    void two_hubs_share_neither_instances_nor_work_nor_events() {
        try (var other = new Hub()) {
            workOnWaits(hub);
            hub.start("waitForGo", "left", "twin");
            other.start("waitForGo", "right", "twin");

            hub.client.raiseEvent("twin", "go", "for the left");
            assertCompleted(List.of("left", "for the left"), hub.end("twin"));
            assertStatus(OrchestrationRuntimeStatus.PENDING, other.state("twin"));

            workOnWaits(other);
            other.isRunning("twin");
            other.client.raiseEvent("twin", "go", "for the right");
            assertCompleted(List.of("right", "for the right"), other.end("twin"));
        }
    }

    @Test
    void a_task_hub_can_be_created_more_than_once_and_deleted_with_all_that_is_in_it() {
        hub.client.createTaskHub(false);
        hub.start("waitForGo", "x", "doomed");
        hub.client.createTaskHub(false);
        assertStatus(OrchestrationRuntimeStatus.PENDING, hub.state("doomed"));

        hub.client.deleteTaskHub();

        assertFalse(hub.state("doomed").isInstanceFound());
    }
}
