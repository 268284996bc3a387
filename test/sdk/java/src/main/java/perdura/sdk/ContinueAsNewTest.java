package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ContinueAsNewTest extends HubTest {
    /** What an orchestration has seen of its events, and whether it hands on those that it hasn't. */
    record Progress(List<Integer> seen, int until, boolean preserves) {
        Progress and(int value) {
            var all = new ArrayList<>(seen);
            all.add(value);
            return new Progress(all, until, preserves);
        }
    }

    /**
     * Takes one event in each generation and hands what it has seen to the next. Between the two lies a turn: among the
     * events that this version of the package preserves are all of its last turn, even one that was taken.
     */
    private static void oneEventEach(TaskOrchestrationContext context) {
        Progress progress = context.getInput(Progress.class);
        if (progress.seen.size() == progress.until) {
            context.complete(progress.seen);
            return;
        }
        context.setCustomStatus(progress.seen);
        int value = context.waitForExternalEvent("n", Integer.class).await();
        context.createTimer(Duration.ZERO).await();
        context.continueAsNew(progress.and(value), progress.preserves);
    }

    private static Progress until(int count, boolean preserves) {
        return new Progress(List.of(), count, preserves);
    }

    private void workOnEvents() {
        hub.work(worker -> worker.orchestration("oneEventEach", ContinueAsNewTest::oneEventEach));
    }

    @Test
    void an_eternal_orchestration_carries_its_input_from_generation_to_generation() {
        hub.work(worker -> worker
                .orchestration("count", context -> {
                    int next = context.callActivity("addOne", context.getInput(Integer.class), Integer.class).await();
                    if (next == 20) context.complete(next);
                    else context.continueAsNew(next);
                })
                .activity("addOne", context -> context.getInput(Integer.class) + 1));

        String id = hub.start("count", 0);
        Instant createdAt = hub.state(id).getCreatedAt();
        var state = hub.end(id);

        assertCompleted(20, state);
        assertEquals(19, state.readInputAs(Integer.class));
        assertEquals(createdAt, state.getCreatedAt());
    }

    @Test
    void events_raised_while_generations_follow_each_other_are_counted_exactly() {
        workOnEvents();

        String id = hub.start("oneEventEach", until(30, true));
        for (int n : range(0, 30)) hub.client.raiseEvent(id, "n", n);

        assertCompleted(range(0, 30), hub.end(id));
    }

    @Test
    void events_raised_all_at_once_keep_their_order_although_the_package_hands_them_on_without_one() {
        String id = hub.start("oneEventEach", until(20, true));
        for (int n : range(0, 20)) hub.client.raiseEvent(id, "n", n);

        workOnEvents();

        assertCompleted(range(0, 20), hub.end(id));
    }

    @Test
    void equal_events_are_counted_exactly_although_the_package_hands_on_a_set() {
        String id = hub.start("oneEventEach", until(10, true));
        for (int n = 0; n < 10; n++) hub.client.raiseEvent(id, "n", 7);

        workOnEvents();

        assertCompleted(range(0, 10).stream().map(n -> 7).toList(), hub.end(id));
    }

    @Test
    void an_event_that_arrives_while_its_generation_ends_reaches_the_next_even_if_none_are_handed_on() {
        workOnEvents();

        String id = hub.start("oneEventEach", until(15, false));
        for (int n : range(0, 15)) {
            hub.client.raiseEvent(id, "n", n);
            // The next event comes when this one was taken, while that generation is still being replaced.
            hub.until(id, state -> state.readInputAs(Progress.class).seen.contains(n));
        }

        assertCompleted(range(0, 15), hub.end(id));
    }

    @Test
    void a_timer_of_an_earlier_generation_does_not_fire_in_a_later_one() {
        hub.work(worker -> worker.orchestration("restless", context -> {
            Instant start = context.getCurrentInstant();
            boolean isSecond = context.getInput(Boolean.class);
            // Both generations give their timer the same number.
            var timer = context.createTimer(Duration.ofMillis(isSecond ? 900 : 300));
            if (isSecond) {
                timer.await();
                context.complete(Duration.between(start, context.getCurrentInstant()).toMillis());
            } else {
                context.createTimer(Duration.ZERO).await();
                context.continueAsNew(true);
            }
        }));

        var state = hub.run("restless", false);

        assertCompleted(state);
        assertTrue(state.readOutputAs(Long.class) >= 900, state::toString);
    }
}
