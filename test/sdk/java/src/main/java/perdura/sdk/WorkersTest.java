package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class WorkersTest extends HubTest {
    private static Object steps(TaskOrchestrationContext context) {
        return range(0, context.getInput(Integer.class)).stream()
                .map(i -> context.callActivity("step", i, String.class).await())
                .toList();
    }

    @Test
    void work_that_was_started_without_a_worker_is_done_when_one_comes() {
        var ids = range(0, 3).stream().map(n -> hub.start("greet", n)).toList();

        hub.work(worker -> worker.orchestrator("greet", context -> "hello " + context.getInput(Integer.class)));

        for (int n : range(0, 3)) assertCompleted("hello " + n, hub.end(ids.get(n)));
    }

    @Test
    void an_activity_that_left_with_its_worker_is_given_to_the_next_one() {
        var entered = new CountDownLatch(1);
        var never = new CountDownLatch(1);
        Worker leaving = hub.work(worker -> worker
                .orchestrator("steps", WorkersTest::steps)
                .activity("step", context -> {
                    entered.countDown();
                    await(never);
                    return "leaving";
                }));

        String id = hub.start("steps", 2);
        await(entered);
        leaving.stop();
        hub.work(worker -> worker
                .orchestrator("steps", WorkersTest::steps)
                .activity("step", context -> "heir, step " + context.getInput(Integer.class)));

        assertCompleted(List.of("heir, step 0", "heir, step 1"), hub.end(id));
    }

    @Test
    void a_turn_that_left_with_its_worker_is_given_to_the_next_one() {
        var entered = new CountDownLatch(1);
        var never = new CountDownLatch(1);
        Worker leaving = hub.work(worker -> worker.orchestrator("stuck", context -> {
            entered.countDown();
            await(never);
            return "stuck";
        }));

        String id = hub.start("stuck", null);
        await(entered);
        leaving.stop();
        hub.work(worker -> worker.orchestrator("stuck", context -> "free"));

        assertCompleted("free", hub.end(id));
    }

    @Test
    void two_workers_on_one_hub_share_a_fan_out_each_activity_running_once() {
        var ran = new CopyOnWriteArrayList<Integer>();
        var bothWork = new CountDownLatch(2);
        for (int number = 0; number < 2; number++) {
            var mine = new CountDownLatch(1);
            hub.work(worker -> worker
                    .orchestrator("fanOut", context -> {
                        List<Task<Integer>> tasks = range(0, 40).stream()
                                .map(i -> context.callActivity("once", i, Integer.class))
                                .toList();
                        return context.allOf(tasks).await();
                    })
                    .activity("once", context -> {
                        int value = context.getInput(Integer.class);
                        ran.add(value);
                        // Nobody gives a result before both workers have work, so neither can do everything alone.
                        if (mine.getCount() > 0) {
                            mine.countDown();
                            bothWork.countDown();
                        }
                        await(bothWork);
                        return value;
                    }));
        }

        assertCompleted(range(0, 40), hub.run("fanOut", null));
        assertEquals(range(0, 40), ran.stream().sorted().toList());
    }
}
