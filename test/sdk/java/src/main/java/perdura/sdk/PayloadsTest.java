package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.TaskActivityContext;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PayloadsTest extends HubTest {
    /** Just under 1 MiB as JSON. */
    private static final String LARGE = "abcdefghijklmno\n".repeat(61_000);

    private static Object throughActivity(TaskOrchestrationContext context) {
        return context.callActivity("echo", context.getInput(Object.class), Object.class).await();
    }

    private static Object echo(TaskActivityContext context) {
        return context.getInput(Object.class);
    }

    /** Keeps in its history all events that it waits for. */
    private static Object collect(TaskOrchestrationContext context) {
        return range(0, context.getInput(Integer.class)).stream()
                .map(i -> context.waitForExternalEvent("large", String.class).await().length())
                .toList();
    }

    private void raiseLarge(String id, int count) {
        for (int i = 0; i < count; i++) hub.client.raiseEvent(id, "large", LARGE);
    }

    @Test
    void a_payload_of_nearly_1_mib_goes_through_input_activity_and_output_unharmed() {
        hub.work(worker -> worker
                .orchestrator("throughActivity", PayloadsTest::throughActivity)
                .activity("echo", PayloadsTest::echo));

        var state = hub.run("throughActivity", LARGE);

        assertCompleted(state);
        // Compared here, for a difference of this length can't be printed.
        assertTrue(LARGE.equals(state.readInputAs(String.class)));
        assertTrue(LARGE.equals(state.readOutputAs(String.class)));
    }

    @Test
    void events_that_together_exceed_what_a_worker_receives_at_once_all_arrive() {
        String id = hub.start("collect", 4);
        raiseLarge(id, 4);

        hub.work(worker -> worker.orchestrator("collect", PayloadsTest::collect));

        int length = LARGE.length();
        assertCompleted(List.of(length, length, length, length), hub.end(id));
    }

    @Test
    void an_orchestration_that_outgrows_what_a_worker_receives_fails_alone() {
        hub.work(worker -> worker
                .orchestrator("collect", PayloadsTest::collect)
                .orchestrator("other", context -> "still here"));

        String id = hub.start("collect", 6);
        raiseLarge(id, 6);
        var state = hub.end(id);

        assertStatus(OrchestrationRuntimeStatus.FAILED, state);
        assertTrue(state.getFailureDetails().getErrorMessage().contains("PERDURA_MAX_WORK_ITEM_MB"), state::toString);
        assertCompleted("still here", hub.run("other", null));
    }

    @Test
    void values_of_every_kind_come_back_as_they_went() {
        hub.work(worker -> worker
                .orchestrator("throughActivity", PayloadsTest::throughActivity)
                .activity("echo", PayloadsTest::echo));

        for (Object value : List.of(
                "żółć · Ωμέγα · 日本語 · العربية · हिन्दी",
                "👩‍👩‍👧‍👦 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
                "\"\\'`\r\n\t</script>{{}}%s$1;--",
                "\0\1\u001f\u007f\u2028\u2029",
                Map.of("a", List.of(1, -0.5, 1e300, true, false, "", Map.of()), "", Map.of("with space", List.of())),
                0,
                false,
                "")) {
            var state = hub.run("throughActivity", value);
            assertCompleted(value, state);
            assertEquals(value, state.readInputAs(Object.class));
        }
    }

    @Test
    void no_input_and_no_output_stay_none() {
        hub.work(worker -> worker.orchestrator("nothing", context -> context.getInput(String.class)));

        var state = hub.run("nothing", null);

        assertCompleted(state);
        assertNull(state.readInputAs(String.class));
        assertNull(state.readOutputAs(String.class));
    }
}
