package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.durabletask.NewOrchestrationInstanceOptions;
import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.TaskCanceledException;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EventsTest extends HubTest {
    private static Object waitForMany(TaskOrchestrationContext context) {
        var seen = new ArrayList<>();
        for (String name : context.getInput(String[].class)) {
            seen.add(context.waitForExternalEvent(name, Object.class).await());
        }
        return seen;
    }

    private static String[] times(int count, String name) {
        var names = new String[count];
        Arrays.fill(names, name);
        return names;
    }

    private void workOnEvents() {
        hub.work(worker -> worker.orchestrator("waitForMany", EventsTest::waitForMany));
    }

    @Test
    void an_orchestration_waits_for_an_event_and_gets_its_payload() {
        workOnEvents();

        String id = hub.start("waitForMany", times(1, "go"));
        hub.isRunning(id);
        hub.client.raiseEvent(id, "go", Map.of("amount", 12.5, "by", "Zoë"));

        assertCompleted(List.of(Map.of("amount", 12.5, "by", "Zoë")), hub.end(id));
    }

    @Test
    void events_raised_before_the_orchestration_starts_reach_it_in_order() {
        String id = hub.start("waitForMany", times(10, "a"));
        for (int i : range(0, 10)) hub.client.raiseEvent(id, "a", i);
        assertStatus(OrchestrationRuntimeStatus.PENDING, hub.state(id));

        workOnEvents();

        assertCompleted(range(0, 10), hub.end(id));
    }

    @Test
    void an_event_raised_for_an_orchestration_that_is_scheduled_for_later_waits_with_it() {
        workOnEvents();

        var options = new NewOrchestrationInstanceOptions()
                .setInput(times(1, "early"))
                .setStartTime(Instant.now().plusSeconds(1));
        String id = hub.startWith(options, "waitForMany");
        hub.client.raiseEvent(id, "early", "bird");
        assertStatus(OrchestrationRuntimeStatus.PENDING, hub.state(id));

        assertCompleted(List.of("bird"), hub.end(id));
    }

    @Test
    void fifty_events_raised_while_the_orchestration_runs_arrive_in_order_each_once() {
        workOnEvents();

        String id = hub.start("waitForMany", times(50, "tick"));
        for (int i : range(0, 50)) hub.client.raiseEvent(id, "tick", i);

        assertCompleted(range(0, 50), hub.end(id));
    }

    @Test
    void two_identical_events_are_two_events_and_one_without_payload_is_null() {
        workOnEvents();

        String id = hub.start("waitForMany", new String[] {"same", "same", "bare"});
        hub.client.raiseEvent(id, "same", "x");
        hub.client.raiseEvent(id, "same", "x");
        hub.client.raiseEvent(id, "bare");

        assertCompleted(Arrays.asList("x", "x", null), hub.end(id));
    }

    @Test
    void an_event_races_its_timeout() {
        hub.work(worker -> worker.orchestrator("approval", context -> {
            var patience = Duration.ofMillis(context.getInput(Long.class));
            try {
                return context.waitForExternalEvent("approval", patience, String.class).await();
            } catch (TaskCanceledException late) {
                return "escalated";
            }
        }));

        assertCompleted("escalated", hub.run("approval", 200));
        String id = hub.start("approval", 3_600_000);
        hub.client.raiseEvent(id, "approval", "granted");
        assertCompleted("granted", hub.end(id));
    }

    @Test
    void events_for_missing_and_for_finished_instances_are_dropped_without_an_error() {
        hub.work(worker -> worker
                .orchestrator("waitForMany", EventsTest::waitForMany)
                .orchestrator("done", context -> "done"));
        hub.end(hub.start("done", null, "reused"));

        hub.client.raiseEvent("nobody", "late", 1);
        hub.client.raiseEvent("reused", "late", 2);
        assertCompleted("done", hub.state("reused"));

        // The new life under the same id must not see what came for the old one.
        hub.start("waitForMany", times(1, "late"), "reused");
        hub.client.raiseEvent("reused", "late", 3);
        assertCompleted(List.of(3), hub.end("reused"));
    }

    @Test
    void orchestrations_send_events_to_each_other() {
        hub.work(worker -> worker
                .orchestrator("ping", context -> {
                    context.sendEvent("nobody", "lost");
                    context.sendEvent(context.getInput(String.class), "ping", context.getInstanceId());
                    return context.waitForExternalEvent("pong", String.class).await();
                })
                .orchestrator("pong", context -> {
                    String sender = context.waitForExternalEvent("ping", String.class).await();
                    context.sendEvent(sender, "pong", "hello back");
                    return sender;
                }));

        String other = hub.start("pong", null);
        var state = hub.run("ping", other);

        assertCompleted("hello back", state);
        assertEquals(state.getInstanceId(), hub.end(other).readOutputAs(String.class));
    }
}
