package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * The thread of this package's worker dies when an orchestrator is told of its termination beside anything else
 * (contract orchestrations §10.2), and its process gets no more work. So each test here ends with work for the worker.
 */
final class TerminationRacesTest extends HubTest {
    private static Object waitForTwo(TaskOrchestrationContext context) {
        context.waitForExternalEvent("go").await();
        context.setCustomStatus("halfway");
        context.waitForExternalEvent("go").await();
        return "done";
    }

    private Worker workOnRaces(CountDownLatch entered, CountDownLatch gate) {
        return hub.work(worker -> worker
                .orchestrator("completes", context -> {
                    entered.countDown();
                    await(gate);
                    return "too late";
                })
                .orchestrator("callsOn", context -> {
                    entered.countDown();
                    await(gate);
                    context.callActivity("note").await();
                    return waitForTwo(context);
                })
                .orchestration("continues", context -> {
                    entered.countDown();
                    await(gate);
                    context.continueAsNew(null);
                })
                .orchestrator("waitForTwo", TerminationRacesTest::waitForTwo)
                .orchestrator("next", context -> context.callActivity("note", 1, Integer.class).await())
                .activity("note", context -> context.getInput(Integer.class)));
    }

    private void assertWorksOn(Worker worker) {
        assertCompleted(1, hub.run("next", null));
        assertTrue(worker.isAlive());
    }

    private void terminateDuringTurnOf(String orchestrator) {
        var entered = new CountDownLatch(1);
        var gate = new CountDownLatch(1);
        Worker worker = workOnRaces(entered, gate);

        String id = hub.start(orchestrator, null);
        await(entered);
        hub.client.raiseEvent(id, "go");
        hub.client.terminate(id, "stopped");
        hub.client.terminate(id, "stopped again");
        hub.client.raiseEvent(id, "go");
        assertStatus(OrchestrationRuntimeStatus.TERMINATED, hub.end(id));
        gate.countDown();

        assertWorksOn(worker);
        assertStatus(OrchestrationRuntimeStatus.TERMINATED, hub.state(id));
        assertEquals("stopped", hub.state(id).readOutputAs(String.class));
    }

    @Test
    void a_worker_survives_the_termination_of_an_orchestration_that_completes_in_that_turn() {
        terminateDuringTurnOf("completes");
    }

    @Test
    void a_worker_survives_the_termination_of_an_orchestration_that_goes_on_in_that_turn() {
        terminateDuringTurnOf("callsOn");
    }

    @Test
    void a_worker_survives_the_termination_of_an_orchestration_that_continues_as_new_in_that_turn() {
        terminateDuringTurnOf("continues");
    }

    @Test
    void a_worker_survives_terminations_that_come_with_the_events_that_complete_the_orchestrations() throws Exception {
        Worker worker = workOnRaces(new CountDownLatch(1), new CountDownLatch(0));
        var pool = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 20; round++) {
                String id = hub.start("waitForTwo", null);
                // Some rounds meet the first turn, others the waiting orchestration.
                if (round % 2 == 1) hub.isRunning(id);
                var calls = new ArrayList<Future<?>>();
                for (int call = 0; call < 2; call++) {
                    calls.add(pool.submit(() -> hub.client.raiseEvent(id, "go")));
                    calls.add(pool.submit(() -> hub.client.terminate(id, "stopped")));
                }
                for (var call : calls) call.get();

                var state = hub.end(id);
                assertTrue(state.isCompleted(), state::toString);
                boolean wasStopped = state.getRuntimeStatus() == OrchestrationRuntimeStatus.TERMINATED;
                assertEquals(wasStopped ? "stopped" : "done", state.readOutputAs(String.class));
            }
        } finally {
            pool.shutdown();
        }

        assertWorksOn(worker);
    }

    @Test
    void a_worker_survives_the_termination_of_what_it_was_about_to_begin() {
        var entered = new CountDownLatch(1);
        var gate = new CountDownLatch(1);
        Worker worker = workOnRaces(entered, gate);

        // While the one thread is busy with the first, the turns of the others wait in its stream.
        String first = hub.start("completes", null);
        await(entered);
        var waiting = range(0, 10).stream().map(i -> hub.start("waitForTwo", null)).toList();
        waiting.forEach(id -> hub.client.terminate(id, "never begun"));
        gate.countDown();

        assertCompleted("too late", hub.end(first));
        for (String id : waiting) assertStatus(OrchestrationRuntimeStatus.TERMINATED, hub.end(id));
        assertWorksOn(worker);
    }
}
