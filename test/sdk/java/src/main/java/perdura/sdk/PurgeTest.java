package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.PurgeInstanceCriteria;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class PurgeTest extends HubTest {
    /** Takes long enough for the next instance to be created at another time. */
    private static Object brief(TaskOrchestrationContext context) {
        context.createTimer(Duration.ofMillis(10)).await();
        return "done";
    }

    private static Object fails(TaskOrchestrationContext context) {
        throw new IllegalStateException("as planned");
    }

    private static Object parent(TaskOrchestrationContext context) {
        return context.callSubOrchestrator("brief", null, "child", String.class).await();
    }

    /** A worker, and instances that completed, failed and run, named after that. */
    private void oneOfEach() {
        work();
        hub.end(hub.start("brief", null, "completed"));
        hub.end(hub.start("fails", null, "failed"));
        hub.isRunning(hub.start("waits", null, "running"));
    }

    private void work() {
        hub.work(worker -> worker
                .orchestrator("brief", PurgeTest::brief)
                .orchestrator("fails", PurgeTest::fails)
                .orchestrator("parent", PurgeTest::parent)
                .orchestrator("waits", context -> context.waitForExternalEvent("go", String.class).await()));
    }

    private int purge(PurgeInstanceCriteria criteria) {
        try {
            return hub.client.purgeInstances(criteria).getDeletedInstanceCount();
        } catch (TimeoutException late) {
            throw new AssertionError("a purge of a few instances took minutes", late);
        }
    }

    private int purgeBy(OrchestrationRuntimeStatus... statuses) {
        var everSince = new PurgeInstanceCriteria().setCreatedTimeFrom(Instant.EPOCH);
        return purge(everSince.setRuntimeStatusList(List.of(statuses)));
    }

    /** Those of the ids that are still instances. */
    private List<String> left(String... ids) {
        return Stream.of(ids).filter(id -> hub.state(id).isInstanceFound()).toList();
    }

    @Test
    void a_purged_instance_is_gone_and_a_second_purge_finds_nothing() {
        work();
        String id = hub.run("brief", null).getInstanceId();
        assertTrue(hub.state(id).isInstanceFound());

        assertEquals(1, hub.client.purgeInstance(id).getDeletedInstanceCount());

        assertFalse(hub.state(id).isInstanceFound());
        assertEquals(0, hub.client.purgeInstance(id).getDeletedInstanceCount());
    }

    @Test
    void a_purge_of_what_runs_counts_nothing_and_leaves_it_alone() {
        oneOfEach();

        assertEquals(0, hub.client.purgeInstance("running").getDeletedInstanceCount());
        hub.client.raiseEvent("running", "go", "unharmed");

        assertCompleted("unharmed", hub.end("running"));
    }

    @Test
    void a_purge_of_a_parent_leaves_its_children() {
        work();
        String id = hub.run("parent", null).getInstanceId();

        // This version of the package can't ask for more.
        assertEquals(1, hub.client.purgeInstance(id).getDeletedInstanceCount());

        assertEquals(List.of("child"), left(id, "child"));
    }

    @Test
    void a_purge_by_status_takes_what_has_ended_so_and_nothing_that_runs() {
        oneOfEach();

        assertEquals(0, purgeBy(OrchestrationRuntimeStatus.RUNNING, OrchestrationRuntimeStatus.TERMINATED));
        assertEquals(1, purgeBy(OrchestrationRuntimeStatus.FAILED, OrchestrationRuntimeStatus.RUNNING));
        assertEquals(List.of("completed", "running"), left("completed", "failed", "running"));
        assertEquals(1, purgeBy());
        assertEquals(List.of("running"), left("completed", "running"));
    }

    @Test
    void a_purge_by_time_takes_what_was_created_in_between() {
        work();
        var times = Stream.of("a", "b", "c", "d", "e")
                .map(id -> hub.end(hub.start("brief", null, id)).getCreatedAt())
                .toList();

        var between = new PurgeInstanceCriteria().setCreatedTimeFrom(times.get(1));
        int count = purge(between.setCreatedTimeTo(justBefore(times.get(3))));

        assertEquals(2, count);
        assertEquals(List.of("a", "d", "e"), left("a", "b", "c", "d", "e"));
    }
}
