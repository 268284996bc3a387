package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskActivityContext;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class ActivitiesTest extends HubTest {
    private static Object addOne(TaskActivityContext context) {
        return context.getInput(Integer.class) + 1;
    }

    private static Object chain(TaskOrchestrationContext context) {
        var results = new ArrayList<Integer>();
        results.add(context.getInput(Integer.class));
        for (int step = 0; step < 5; step++) {
            results.add(context.callActivity("addOne", results.get(step), Integer.class).await());
        }
        return results;
    }

    @Test
    void a_chain_of_activities_hands_each_result_to_the_next() {
        hub.work(worker -> worker
                .orchestrator("chain", ActivitiesTest::chain)
                .activity("addOne", ActivitiesTest::addOne));

        var state = hub.run("chain", 1);

        assertCompleted(range(1, 7), state);
        assertEquals("chain", state.getName());
    }

    @Test
    void a_fan_out_of_100_gathers_every_result_in_the_order_of_the_calls() {
        var ran = new CopyOnWriteArrayList<Integer>();
        hub.work(worker -> worker
                .orchestrator("fanOut", context -> {
                    List<Task<Integer>> tasks = range(0, context.getInput(Integer.class)).stream()
                            .map(i -> context.callActivity("square", i, Integer.class))
                            .toList();
                    return context.allOf(tasks).await();
                })
                .activity("square", context -> {
                    int value = context.getInput(Integer.class);
                    ran.add(value);
                    return value * value;
                }));

        assertCompleted(range(0, 100).stream().map(i -> i * i).toList(), hub.run("fanOut", 100));
        assertEquals(range(0, 100), ran.stream().sorted().toList());
    }

    @Test
    void a_fan_out_of_400_comes_back_whole() {
        hub.work(worker -> worker
                .orchestrator("fanOut", context -> {
                    List<Task<Integer>> tasks = range(0, context.getInput(Integer.class)).stream()
                            .map(i -> context.callActivity("addOne", i, Integer.class))
                            .toList();
                    return context.allOf(tasks).await();
                })
                .activity("addOne", ActivitiesTest::addOne));

        assertCompleted(range(1, 401), hub.run("fanOut", 400));
    }

    @Test
    void replays_see_the_same_time_and_make_the_same_uuids_as_the_first_run() {
        var runs = new CopyOnWriteArrayList<List<String>>();
        hub.work(worker -> worker
                .orchestrator("remember", context -> {
                    var seen = new CopyOnWriteArrayList<String>();
                    runs.add(seen);
                    for (int step = 0; step < 3; step++) {
                        seen.add(context.getCurrentInstant() + " " + context.newUUID());
                        context.callActivity("addOne", step, Integer.class).await();
                    }
                    return null;
                })
                .activity("addOne", ActivitiesTest::addOne));

        assertCompleted(hub.run("remember", null));

        var last = runs.get(runs.size() - 1);
        assertEquals(3, last.stream().distinct().count());
        assertEquals(last.stream().sorted().toList(), last);
        assertTrue(runs.size() > 1);
        for (var run : runs) assertEquals(last.subList(0, run.size()), run);
    }

    @Test
    void twenty_orchestrations_at_once_all_end_with_their_own_results() {
        hub.work(worker -> worker
                .orchestrator("chain", ActivitiesTest::chain)
                .activity("addOne", ActivitiesTest::addOne));

        var ids = range(0, 20).stream().map(i -> hub.start("chain", 10 * i)).toList();

        for (int i = 0; i < 20; i++) assertCompleted(range(10 * i, 10 * i + 6), hub.end(ids.get(i)));
    }

    @Test
    void activities_that_nobody_waits_for_still_run() {
        var ran = new CountDownLatch(3);
        hub.work(worker -> worker
                .orchestrator("forget", context -> {
                    context.callActivity("addOne", 1, Integer.class).await();
                    for (int i = 0; i < 3; i++) context.callActivity("note", i);
                    return "gone";
                })
                .activity("addOne", ActivitiesTest::addOne)
                .activity("note", context -> {
                    ran.countDown();
                    return null;
                }));

        assertCompleted("gone", hub.run("forget", null));
        await(ran);
    }
}
