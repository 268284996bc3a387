package samples;

import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;

/** Eternal orchestration: runs for ever as a chain of executions. Events that come in between are kept. */
public final class EternalOrchestration {
    private static final int STOP = -1;

    static void meter(TaskOrchestrationContext context) {
        int total = context.getInput(Integer.class);
        int reading = context.waitForExternalEvent("reading", Integer.class).await();
        if (reading == STOP) {
            context.complete(total);
            return;
        }
        // The package hands on all events of the turn it is in, even the one that was taken; so that turn ends here.
        context.createTimer(Duration.ZERO).await();
        context.continueAsNew(total + reading, true);
    }

    public static void main(String[] args) throws Exception {
        new Sample().orchestrator("meter", EternalOrchestration::meter).run(client -> {
            String id = client.scheduleNewOrchestrationInstance("meter", 0);
            for (int reading = 1; reading <= 10; reading++) client.raiseEvent(id, "reading", reading);
            client.raiseEvent(id, "reading", STOP);
            int output = Sample.outputOf(client, id, Integer.class);
            System.out.println("10 readings, " + output + " in all");
            Sample.expect(55, output);
        });
    }
}
