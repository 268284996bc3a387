package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.NewOrchestrationInstanceOptions;
import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class TimersTest extends HubTest {
    @Test
    void timers_are_never_early_and_need_one_turn_each() {
        var turns = new CopyOnWriteArrayList<Boolean>();
        hub.work(worker -> worker.orchestrator("sleep", context -> {
            turns.add(context.getIsReplaying());
            Instant fireAt = context.getCurrentInstant().plusNanos(context.getInput(Long.class));
            context.createTimer(Duration.between(context.getCurrentInstant(), fireAt)).await();
            // By its own clock, which the server sets past the time anyway, and by that of the machine.
            return List.of(
                    Duration.between(fireAt, context.getCurrentInstant()).toNanos(),
                    Duration.between(fireAt, Instant.now()).toNanos());
        }));

        for (long delay : new long[] {300_000_001L, 500_000_000L, 617_999_999L}) {
            turns.clear();
            var state = hub.run("sleep", delay);
            assertCompleted(state);
            for (long late : state.readOutputAs(long[].class)) {
                assertTrue(late > 0 && late < 3_000_000_000L, () -> late + " ns late");
            }
            assertEquals(List.of(false, true), turns);
        }
    }

    @Test
    void a_timer_of_zero_fires_in_a_turn_of_its_own() {
        var turns = new CopyOnWriteArrayList<Boolean>();
        hub.work(worker -> worker.orchestrator("zero", context -> {
            turns.add(context.getIsReplaying());
            context.createTimer(Duration.ZERO).await();
            return "fired";
        }));

        assertCompleted("fired", hub.run("zero", null));
        assertEquals(List.of(false, true), turns);
    }

    @Test
    void a_long_timer_made_of_parts_fires_after_the_whole_time() {
        hub.work(worker -> worker
                .maximumTimerInterval(Duration.ofMillis(200))
                .orchestrator("sleep", context -> {
                    Instant start = context.getCurrentInstant();
                    // Only together with others does this version of the package wait for more than the first part.
                    context.anyOf(context.createTimer(Duration.ofMillis(700))).await();
                    return Duration.between(start, context.getCurrentInstant()).toMillis();
                }));

        var state = hub.run("sleep", null);

        assertCompleted(state);
        assertTrue(state.readOutputAs(Long.class) >= 700, state::toString);
    }

    @Test
    void timers_fire_in_the_order_of_their_times_not_of_their_creation() {
        hub.work(worker -> worker.orchestrator("race", context -> {
            List<Integer> delays = List.of(900, 300, 600);
            var timers = new ArrayList<Task<?>>();
            for (int delay : delays) timers.add(context.createTimer(Duration.ofMillis(delay)));
            var fired = new ArrayList<Integer>();
            while (fired.size() < delays.size()) {
                var open = timers.stream().filter(timer -> !fired.contains(delays.get(timers.indexOf(timer)))).toList();
                fired.add(delays.get(timers.indexOf(context.anyOf(open).await())));
            }
            return fired;
        }));

        assertCompleted(List.of(300, 600, 900), hub.run("race", null));
    }

    @Test
    void an_orchestration_scheduled_for_later_stays_pending_and_never_begins_early() {
        // By the clock of the orchestration and by that of the machine.
        hub.work(worker -> worker.orchestrator(
                "now", context -> List.of(context.getCurrentInstant().toString(), Instant.now().toString())));
        Instant startAt = Instant.now().plusMillis(1500);

        String id = hub.startWith(new NewOrchestrationInstanceOptions().setStartTime(startAt), "now");
        assertStatus(OrchestrationRuntimeStatus.PENDING, hub.state(id));
        assertThrows(TimeoutException.class, () -> hub.client.waitForInstanceStart(id, Duration.ofMillis(300)));
        var state = hub.end(id);

        assertCompleted(state);
        for (String begunAt : state.readOutputAs(String[].class)) {
            assertFalse(Instant.parse(begunAt).isBefore(startAt), begunAt);
        }
    }
}
