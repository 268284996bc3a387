package samples;

import com.microsoft.durabletask.NewOrchestrationInstanceOptions;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Scheduled task: starts at a time, then does its work at an interval that does not drift. */
public final class ScheduledTasks {
    private static final long INTERVAL_MS = 500;
    private static final List<Long> runs = new CopyOnWriteArrayList<>();

    record Plan(long dueAt, int left) {}

    static void reminders(TaskOrchestrationContext context) {
        Plan plan = context.getInput(Plan.class);
        context.createTimer(Instant.ofEpochMilli(plan.dueAt).atZone(ZoneOffset.UTC)).await();
        context.callActivity("sendReminder", plan.dueAt).await();
        // From the time that was due, not from now: what the work took does not add up.
        if (plan.left == 1) context.complete("all sent");
        else context.continueAsNew(new Plan(plan.dueAt + INTERVAL_MS, plan.left - 1));
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("reminders", ScheduledTasks::reminders)
                .activity("sendReminder", context -> runs.add(context.getInput(Long.class)))
                .run(client -> {
                    long first = System.currentTimeMillis() + 1000;
                    var options = new NewOrchestrationInstanceOptions()
                            .setStartTime(Instant.ofEpochMilli(first))
                            .setInput(new Plan(first, 3));
                    String id = client.scheduleNewOrchestrationInstance("reminders", options);
                    String output = Sample.outputOf(client, id, String.class);
                    System.out.println(output + ": " + runs.size());
                    Sample.expect("all sent", output);
                    Sample.expect(List.of(first, first + INTERVAL_MS, first + 2 * INTERVAL_MS), runs);
                    Sample.expect(true, System.currentTimeMillis() >= first + 2 * INTERVAL_MS);
                });
    }
}
