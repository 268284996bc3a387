package samples;

import com.microsoft.durabletask.TaskFailedException;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Saga: when a step fails, what the earlier steps did is undone, last first. */
public final class Saga {
    private static final List<String> log = new CopyOnWriteArrayList<>();

    private static boolean book(String what) {
        if (what.equals("car")) throw new IllegalStateException("no cars left");
        return log.add(what + " booked");
    }

    static void bookTrip(TaskOrchestrationContext context) {
        var booked = new ArrayDeque<String>();
        try {
            for (String part : context.getInput(String[].class)) {
                context.callActivity("book", part).await();
                booked.push(part);
            }
            context.complete("booked");
        } catch (TaskFailedException failure) {
            for (String part : booked) context.callActivity("cancel", part).await();
            context.complete("undone");
        }
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("bookTrip", Saga::bookTrip)
                .activity("book", context -> book(context.getInput(String.class)))
                .activity("cancel", context -> log.add(context.getInput(String.class) + " cancelled"))
                .run(client -> {
                    var parts = List.of("flight", "hotel", "car");
                    String id = client.scheduleNewOrchestrationInstance("bookTrip", parts);
                    String output = Sample.outputOf(client, id, String.class);
                    System.out.println(output + ": " + String.join(", ", log));
                    Sample.expect("undone", output);
                    Sample.expect(List.of("flight booked", "hotel booked", "hotel cancelled", "flight cancelled"), log);
                });
    }
}
