package samples;

import com.microsoft.durabletask.RetryPolicy;
import com.microsoft.durabletask.TaskOptions;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.util.List;

/** Prompt chaining: each prompt works on the answer to the one before. The model here is a stand-in. */
public final class PromptChaining {
    /** For a model that is busy. */
    private static final TaskOptions RETRIES = new TaskOptions(new RetryPolicy(5, Duration.ofSeconds(1)));

    static void article(TaskOrchestrationContext context) {
        String topic = context.getInput(String.class);
        String[] headings = context.callActivity("outline", topic, RETRIES, String[].class).await();
        if (headings.length == 0) throw new IllegalStateException("the outline is empty");
        context.complete(context.callActivity("write", headings, RETRIES, String.class).await());
    }

    private static List<String> outline(String topic) {
        return List.of("Why " + topic, "How " + topic);
    }

    private static String write(String[] headings) {
        return String.join(": …\n", headings) + ": …";
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("article", PromptChaining::article)
                .activity("outline", context -> outline(context.getInput(String.class)))
                .activity("write", context -> write(context.getInput(String[].class)))
                .run(client -> {
                    String id = client.scheduleNewOrchestrationInstance("article", "durability");
                    String output = Sample.outputOf(client, id, String.class);
                    System.out.println(output);
                    Sample.expect("Why durability: …\nHow durability: …", output);
                });
    }
}
