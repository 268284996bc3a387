package samples;

import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Monitor: looks at something again and again, with a durable timer in between, until it is as wanted. */
public final class Monitor {
    private static final AtomicInteger looks = new AtomicInteger();

    /** Stands for a system outside; it says "ready" the third time it is asked. */
    private static String lookAtJob() {
        return looks.incrementAndGet() < 3 ? "busy" : "ready";
    }

    static void monitor(TaskOrchestrationContext context) {
        int roundsLeft = context.getInput(Integer.class);
        if (context.callActivity("lookAtJob", String.class).await().equals("ready")) {
            context.complete("the job is ready");
        } else if (roundsLeft == 0) {
            context.complete("gave up");
        } else {
            context.createTimer(Duration.ofMillis(300)).await();
            // A new execution: the history stays short, however long this goes on.
            context.continueAsNew(roundsLeft - 1);
        }
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("monitor", Monitor::monitor)
                .activity("lookAtJob", context -> lookAtJob())
                .run(client -> {
                    String id = client.scheduleNewOrchestrationInstance("monitor", 100);
                    String output = Sample.outputOf(client, id, String.class);
                    System.out.println(output + " after " + looks + " looks");
                    Sample.expect("the job is ready", output);
                    Sample.expect(3, looks.get());
                });
    }
}
