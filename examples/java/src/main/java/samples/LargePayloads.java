package samples;

import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayList;
import java.util.List;

/** Large payloads: a fan-out whose results are hundreds of kilobytes each. */
public final class LargePayloads {
    private static final int SIZE = 300_000;

    static void loadBook(TaskOrchestrationContext context) {
        var pages = new ArrayList<Task<String>>();
        for (String letter : context.getInput(String[].class)) {
            pages.add(context.callActivity("loadPage", letter, String.class));
        }
        context.complete(context.allOf(pages).await().stream()
                .map(page -> page.charAt(0) + " " + page.length())
                .toList());
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("loadBook", LargePayloads::loadBook)
                .activity("loadPage", context -> context.getInput(String.class).repeat(SIZE))
                .run(client -> {
                    String id = client.scheduleNewOrchestrationInstance("loadBook", List.of("a", "b", "c", "d", "e"));
                    var output = List.of(Sample.outputOf(client, id, String[].class));
                    System.out.println(output.size() + " pages of " + SIZE + " characters");
                    Sample.expect(List.of("a 300000", "b 300000", "c 300000", "d 300000", "e 300000"), output);
                });
    }
}
