package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.durabletask.OrchestrationMetadata;
import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.OrchestrationStatusQuery;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class QueriesTest extends HubTest {
    /** Takes long enough for the next instance to be created at another time. */
    private static Object brief(TaskOrchestrationContext context) {
        context.createTimer(Duration.ofMillis(10)).await();
        return context.getInput(String.class);
    }

    /** Pages up to the one without a token; this package leaves it to its users to turn them. */
    private List<List<OrchestrationMetadata>> pages(OrchestrationStatusQuery query) {
        var pages = new ArrayList<List<OrchestrationMetadata>>();
        String token = query.getContinuationToken();
        do {
            var page = hub.client.queryInstances(query.setContinuationToken(token));
            pages.add(page.getOrchestrationState());
            token = page.getContinuationToken();
        } while (token != null && !token.isEmpty());
        return pages;
    }

    private List<String> ids(OrchestrationStatusQuery query) {
        return idsOf(pages(query).stream().flatMap(List::stream));
    }

    private static List<String> idsOf(Stream<OrchestrationMetadata> states) {
        return states.map(OrchestrationMetadata::getInstanceId).toList();
    }

    private List<String> byStatus(OrchestrationRuntimeStatus... statuses) {
        return ids(new OrchestrationStatusQuery().setRuntimeStatusList(Arrays.asList(statuses)));
    }

    private List<String> byPrefix(String prefix) {
        return ids(new OrchestrationStatusQuery().setInstanceIdPrefix(prefix));
    }

    private void startAll(List<String> ids) {
        for (String id : ids) hub.start("nobody knows it", null, id);
    }

    private List<OrchestrationMetadata> runAll(String... ids) {
        hub.work(worker -> worker.orchestrator("brief", QueriesTest::brief));
        return Stream.of(ids).map(id -> hub.end(hub.start("brief", id, id))).toList();
    }

    private static List<String> numbered(int count) {
        return IntStream.range(0, count).mapToObj(i -> "n" + i).toList();
    }

    @Test
    void pages_of_every_size_show_each_instance_once_always_in_the_same_order() {
        startAll(numbered(7));

        for (int size = 1; size <= 8; size++) {
            var pages = pages(new OrchestrationStatusQuery().setMaxInstanceCount(size));
            int count = size;
            var full = pages.stream().filter(page -> page.size() == count).toList();
            assertEquals(numbered(7), idsOf(pages.stream().flatMap(List::stream)));
            assertEquals(7 / size, full.size());
        }
    }

    @Test
    void a_token_goes_on_with_another_page_size_while_new_instances_come() {
        startAll(numbered(9));
        var first = hub.client.queryInstances(new OrchestrationStatusQuery().setMaxInstanceCount(4));
        startAll(List.of("new"));

        var rest = new OrchestrationStatusQuery()
                .setMaxInstanceCount(2)
                .setContinuationToken(first.getContinuationToken());

        assertEquals(numbered(4), idsOf(first.getOrchestrationState().stream()));
        assertEquals(List.of("n4", "n5", "n6", "n7", "n8", "new"), ids(rest));
    }

    @Test
    void instances_are_found_by_their_statuses() {
        hub.work(worker -> worker
                .orchestrator("brief", QueriesTest::brief)
                .orchestrator("waits", context -> context.waitForExternalEvent("go", String.class).await()));
        hub.end(hub.start("brief", null, "completed"));
        for (String id : List.of("running", "suspended", "terminated")) {
            hub.isRunning(hub.start("waits", null, id));
        }
        hub.client.suspendInstance("suspended");
        hub.client.terminate("terminated", null);
        hub.end("terminated");

        assertEquals(List.of("completed"), byStatus(OrchestrationRuntimeStatus.COMPLETED));
        assertEquals(List.of("running"), byStatus(OrchestrationRuntimeStatus.RUNNING));
        assertEquals(List.of("suspended"), byStatus(OrchestrationRuntimeStatus.SUSPENDED));
        assertEquals(
                List.of("completed", "terminated"),
                byStatus(OrchestrationRuntimeStatus.TERMINATED, OrchestrationRuntimeStatus.COMPLETED));
        assertEquals(List.of(), byStatus(OrchestrationRuntimeStatus.FAILED));
        assertEquals(4, byStatus().size());
    }

    @Test
    void instances_are_found_by_the_time_of_their_creation() {
        var times = runAll("a", "b", "c").stream().map(OrchestrationMetadata::getCreatedAt).toList();
        Instant second = times.get(1);
        Instant beforeThird = justBefore(times.get(2));
        Instant future = Instant.now().plusSeconds(60);

        assertEquals(List.of("b", "c"), ids(new OrchestrationStatusQuery().setCreatedTimeFrom(second)));
        assertEquals(List.of("a"), ids(new OrchestrationStatusQuery().setCreatedTimeTo(justBefore(second))));
        assertEquals(
                List.of("b"),
                ids(new OrchestrationStatusQuery().setCreatedTimeFrom(second).setCreatedTimeTo(beforeThird)));
        assertEquals(List.of(), ids(new OrchestrationStatusQuery().setCreatedTimeFrom(future)));
    }

    @Test
    void a_prefix_is_taken_as_it_is_without_wildcards_and_with_case() {
        startAll(List.of("a%b", "a_b", "axb", "A%b", "b-a%b"));

        assertEquals(List.of("a%b"), byPrefix("a%"));
        assertEquals(List.of("a_b"), byPrefix("a_"));
        assertEquals(List.of("A%b"), byPrefix("A"));
        assertEquals(List.of("a%b", "a_b", "axb"), byPrefix("a"));
    }

    @Test
    void inputs_and_outputs_are_shown_to_those_who_ask_for_them() {
        runAll("payload");

        var bare = pages(new OrchestrationStatusQuery()).get(0).get(0);
        var whole = pages(new OrchestrationStatusQuery().setFetchInputsAndOutputs(true)).get(0).get(0);

        assertEquals("", bare.getSerializedInput());
        assertEquals("", bare.getSerializedOutput());
        assertEquals("payload", whole.readInputAs(String.class));
        assertEquals("payload", whole.readOutputAs(String.class));
    }

    @Test
    void large_instances_come_in_pages_that_this_package_can_receive() {
        // Just under 1 MiB as JSON; together more than it receives in one message.
        String large = "abcdefghijklmno\n".repeat(61_000);
        for (String id : numbered(7)) hub.start("nobody knows it", large, id);

        var states = pages(new OrchestrationStatusQuery().setFetchInputsAndOutputs(true)).stream()
                .flatMap(List::stream)
                .toList();

        assertEquals(numbered(7), idsOf(states.stream()));
        assertEquals(7, states.stream().filter(state -> large.equals(state.readInputAs(String.class))).count());
    }
}
