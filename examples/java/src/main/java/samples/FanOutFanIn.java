package samples;

import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayList;
import java.util.List;

/** Fan-out and fan-in: many activities at once, then one result of all of theirs. */
public final class FanOutFanIn {
    static void countAllWords(TaskOrchestrationContext context) {
        var counts = new ArrayList<Task<Integer>>();
        for (String text : context.getInput(String[].class)) {
            counts.add(context.callActivity("countWords", text, Integer.class));
        }
        context.complete(context.allOf(counts).await().stream().mapToInt(Integer::intValue).sum());
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("countAllWords", FanOutFanIn::countAllWords)
                .activity("countWords", context -> context.getInput(String.class).split(" ").length)
                .run(client -> {
                    var texts = List.of("one", "one two", "one two three", "one two three four");
                    String id = client.scheduleNewOrchestrationInstance("countAllWords", texts);
                    int output = Sample.outputOf(client, id, Integer.class);
                    System.out.println(output + " words in " + texts.size() + " texts");
                    Sample.expect(10, output);
                });
    }
}
