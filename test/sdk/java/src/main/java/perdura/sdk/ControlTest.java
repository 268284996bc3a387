package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ControlTest extends HubTest {
    private static Object waitForGo(TaskOrchestrationContext context) {
        return context.waitForExternalEvent("go", String.class).await();
    }

    @Test
    void status_and_custom_status_become_visible_together() throws TimeoutException {
        hub.work(worker -> worker.orchestrator("reports", context -> {
            context.setCustomStatus("waiting");
            waitForGo(context);
            context.setCustomStatus("nearly there");
            context.createTimer(Duration.ZERO).await();
            return "done";
        }));

        String id = hub.start("reports", null);
        var started = hub.client.waitForInstanceStart(id, Hub.DEADLINE, true);
        hub.client.raiseEvent(id, "go");
        var ended = hub.end(id);

        assertStatus(OrchestrationRuntimeStatus.RUNNING, started);
        assertEquals("waiting", started.readCustomStatusAs(String.class));
        assertEquals("nearly there", ended.readCustomStatusAs(String.class));
    }

    @Test
    void an_orchestration_without_a_custom_status_or_with_a_cleared_one_has_none() {
        hub.work(worker -> worker
                .orchestrator("silent", context -> "done")
                .orchestrator("cleared", context -> {
                    context.setCustomStatus("busy");
                    waitForGo(context);
                    context.clearCustomStatus();
                    return "done";
                }));

        String id = hub.start("cleared", null);
        assertEquals("busy", hub.isRunning(id).readCustomStatusAs(String.class));
        hub.client.raiseEvent(id, "go");

        assertFalse(hub.end(id).isCustomStatusFetched());
        assertFalse(hub.run("silent", null).isCustomStatusFetched());
    }

    @Test
    void an_instance_is_pending_until_its_first_turn_is_committed() {
        var entered = new CountDownLatch(1);
        var gate = new CountDownLatch(1);
        hub.work(worker -> worker.orchestrator("slow", context -> {
            entered.countDown();
            await(gate);
            return waitForGo(context);
        }));

        String id = hub.start("slow", null);
        await(entered);
        assertStatus(OrchestrationRuntimeStatus.PENDING, hub.state(id));
        assertThrows(TimeoutException.class, () -> hub.client.waitForInstanceStart(id, Duration.ofMillis(300)));
        gate.countDown();

        hub.isRunning(id);
    }

    @Test
    void a_terminated_orchestration_ends_with_the_output_that_was_given() {
        hub.work(worker -> worker.orchestrator("waitForGo", ControlTest::waitForGo));

        String given = hub.start("waitForGo", null);
        String without = hub.start("waitForGo", null);
        hub.isRunning(given);
        hub.isRunning(without);
        hub.client.terminate(given, "no longer needed");
        hub.client.terminate(without, null);

        var state = hub.end(given);
        assertStatus(OrchestrationRuntimeStatus.TERMINATED, state);
        assertEquals("no longer needed", state.readOutputAs(String.class));
        assertStatus(OrchestrationRuntimeStatus.TERMINATED, hub.end(without));
        assertNull(hub.state(without).readOutputAs(String.class));
    }

    @Test
    void terminating_a_finished_or_a_missing_instance_changes_nothing() {
        hub.work(worker -> worker.orchestrator("done", context -> "done"));
        String id = hub.run("done", null).getInstanceId();

        hub.client.terminate(id, "late");
        hub.client.terminate("nobody", "late");

        assertCompleted("done", hub.state(id));
        assertFalse(hub.state("nobody").isInstanceFound());
    }

    @Test
    void a_suspended_orchestration_holds_its_events_and_gets_them_in_order_when_it_is_resumed() {
        hub.work(worker -> worker
                .orchestrator("three", context -> {
                    var seen = new ArrayList<Integer>();
                    while (seen.size() < 3) seen.add(context.waitForExternalEvent("n", Integer.class).await());
                    return seen;
                })
                .orchestrator("other", context -> "ran"));

        String id = hub.start("three", null);
        hub.isRunning(id);
        hub.client.suspendInstance(id, "coffee");
        assertStatus(OrchestrationRuntimeStatus.SUSPENDED, hub.state(id));
        for (int n : range(1, 4)) hub.client.raiseEvent(id, "n", n);
        assertCompleted("ran", hub.run("other", null));
        assertStatus(OrchestrationRuntimeStatus.SUSPENDED, hub.state(id));
        hub.client.resumeInstance(id, "enough coffee");

        assertCompleted(List.of(1, 2, 3), hub.end(id));
    }

    @Test
    void suspending_after_a_fan_out_repeats_none_of_its_activities() {
        var entered = new CountDownLatch(1);
        var gate = new CountDownLatch(1);
        var ran = new AtomicInteger();
        hub.work(worker -> worker
                .orchestrator("fanOut", context -> {
                    List<Task<Integer>> tasks = range(0, 10).stream()
                            .map(i -> context.callActivity("linger", i, Integer.class))
                            .toList();
                    return context.allOf(tasks).await();
                })
                .orchestrator("other", context -> "ran")
                .activity("linger", context -> {
                    entered.countDown();
                    await(gate);
                    ran.incrementAndGet();
                    return context.getInput(Integer.class);
                }));

        String id = hub.start("fanOut", null);
        await(entered);
        hub.client.suspendInstance(id);
        gate.countDown();
        assertCompleted("ran", hub.run("other", null));
        assertStatus(OrchestrationRuntimeStatus.SUSPENDED, hub.state(id));
        hub.client.resumeInstance(id);

        assertCompleted(range(0, 10), hub.end(id));
        assertEquals(10, ran.get());
    }

    @Test
    void suspending_twice_resuming_twice_and_doing_so_to_nobody_are_harmless() {
        hub.work(worker -> worker.orchestrator("waitForGo", ControlTest::waitForGo));

        String id = hub.start("waitForGo", null);
        hub.isRunning(id);
        hub.client.resumeInstance(id);
        for (int time = 0; time < 2; time++) hub.client.suspendInstance(id);
        for (int time = 0; time < 2; time++) hub.client.resumeInstance(id);
        hub.client.suspendInstance("nobody");
        hub.client.resumeInstance("nobody");
        hub.client.raiseEvent(id, "go", "went");

        assertCompleted("went", hub.end(id));
    }

    @Test
    void a_suspended_orchestration_can_be_terminated() {
        hub.work(worker -> worker.orchestrator("waitForGo", ControlTest::waitForGo));

        String id = hub.start("waitForGo", null);
        hub.isRunning(id);
        hub.client.suspendInstance(id);
        hub.client.terminate(id, "gone");

        assertStatus(OrchestrationRuntimeStatus.TERMINATED, hub.end(id));
        assertEquals("gone", hub.state(id).readOutputAs(String.class));
    }
}
