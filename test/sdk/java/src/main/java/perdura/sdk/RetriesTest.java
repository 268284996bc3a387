package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.RetryPolicy;
import com.microsoft.durabletask.TaskActivityContext;
import com.microsoft.durabletask.TaskFailedException;
import com.microsoft.durabletask.TaskOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class RetriesTest extends HubTest {
    /** Times of the calls of the failing activity. */
    private final List<Long> calls = new CopyOnWriteArrayList<>();

    /** An activity that fails until its n-th call. */
    private Function<TaskActivityContext, Object> failsUntil(int success) {
        return context -> {
            calls.add(System.nanoTime());
            if (calls.size() < success) throw new IllegalStateException("attempt " + calls.size() + " failed");
            return calls.size();
        };
    }

    private static TaskOptions quickly(int attempts) {
        return new TaskOptions(new RetryPolicy(attempts, Duration.ofMillis(20)));
    }

    @Test
    void a_retry_policy_repeats_a_failing_activity_each_time_after_its_delay() {
        var policy = new RetryPolicy(5, Duration.ofMillis(200)).setBackoffCoefficient(2);
        hub.work(worker -> worker
                .orchestrator("persistent", context ->
                        context.callActivity("flaky", null, new TaskOptions(policy), Integer.class).await())
                .activity("flaky", failsUntil(3)));

        assertCompleted(3, hub.run("persistent", null));
        assertEquals(3, calls.size());
        assertTrue(calls.get(1) - calls.get(0) >= 200_000_000L);
        assertTrue(calls.get(2) - calls.get(1) >= 400_000_000L);
    }

    @Test
    void when_every_attempt_is_spent_the_orchestration_fails_with_the_last_failure() {
        hub.work(worker -> worker
                .orchestrator("unlucky", context -> context.callActivity("broken", null, quickly(3)).await())
                .activity("broken", failsUntil(Integer.MAX_VALUE)));

        var state = hub.run("unlucky", null);

        assertStatus(OrchestrationRuntimeStatus.FAILED, state);
        assertTrue(state.getFailureDetails().getErrorMessage().contains("attempt 3 failed"), state::toString);
        assertEquals(3, calls.size());
    }

    @Test
    void retries_of_a_child_repeat_it_under_its_id_and_multiply_those_of_its_activities() {
        var ids = new CopyOnWriteArraySet<String>();
        hub.work(worker -> worker
                .orchestrator("grandparent", context -> context.callSubOrchestrator("parent", null, Void.class).await())
                .orchestrator("parent", context ->
                        context.callSubOrchestrator("child", null, "the-child", quickly(2), Void.class).await())
                .orchestrator("child", context -> {
                    ids.add(context.getInstanceId());
                    return context.callActivity("broken", null, quickly(2)).await();
                })
                .activity("broken", failsUntil(Integer.MAX_VALUE)));

        var state = hub.run("grandparent", null);

        assertStatus(OrchestrationRuntimeStatus.FAILED, state);
        assertEquals(4, calls.size());
        assertEquals(List.of("the-child"), List.copyOf(ids));
        // Each level repeats the text of the one below, down to the activity's.
        assertTrue(state.getFailureDetails().getErrorMessage().contains("attempt 4 failed"), state::toString);
    }

    @Test
    void a_retry_handler_sees_each_failure_and_may_stop() {
        var seen = new CopyOnWriteArraySet<String>();
        var options = new TaskOptions(retry -> {
            seen.add(retry.getLastAttemptNumber() + ": " + retry.getLastFailure().getErrorMessage());
            return retry.getLastAttemptNumber() < 2;
        });
        hub.work(worker -> worker
                .orchestrator("picky", context -> context.callActivity("broken", null, options).await())
                .activity("broken", failsUntil(Integer.MAX_VALUE)));

        assertStatus(OrchestrationRuntimeStatus.FAILED, hub.run("picky", null));
        assertEquals(List.of("1: attempt 1 failed", "2: attempt 2 failed"), List.copyOf(seen));
        assertEquals(2, calls.size());
    }

    @Test
    void an_activity_that_no_worker_knows_fails_its_orchestration_with_the_name() {
        hub.work(worker -> worker.orchestrator("calls", context -> context.callActivity("unheardOf").await()));

        var state = hub.run("calls", null);

        assertStatus(OrchestrationRuntimeStatus.FAILED, state);
        assertTrue(state.getFailureDetails().getErrorMessage().contains("unheardOf"), state::toString);
    }

    @Test
    void an_orchestrator_that_no_worker_knows_fails_and_the_worker_goes_on() {
        hub.work(worker -> worker.orchestrator("known", context -> "still here"));

        assertStatus(OrchestrationRuntimeStatus.FAILED, hub.run("unheardOf", null));
        assertCompleted("still here", hub.run("known", null));
    }

    @Test
    void a_caught_failure_lets_the_orchestration_compensate_in_reverse_order() {
        var done = new CopyOnWriteArrayList<String>();
        hub.work(worker -> worker
                .orchestrator("saga", context -> {
                    var undo = new ArrayList<String>();
                    try {
                        for (String step : List.of("flight", "hotel", "car")) {
                            context.callActivity("book", step).await();
                            undo.add(0, step);
                        }
                        return "booked";
                    } catch (TaskFailedException failure) {
                        for (String step : undo) context.callActivity("cancel", step).await();
                        return "cancelled";
                    }
                })
                .activity("book", context -> {
                    String step = context.getInput(String.class);
                    if (step.equals("car")) throw new IllegalStateException("no cars left");
                    return done.add("book " + step);
                })
                .activity("cancel", context -> done.add("cancel " + context.getInput(String.class))));

        assertCompleted("cancelled", hub.run("saga", null));
        assertEquals(List.of("book flight", "book hotel", "cancel hotel", "cancel flight"), done);
    }
}
