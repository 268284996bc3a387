package samples;

import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayList;
import java.util.List;

/** AI agent: a model says which tool to use next until it has an answer. The model here is a stand-in. */
public final class Agent {
    private static final int MAX_STEPS = 10;

    /** Either a tool and its input, or the answer. */
    record Step(String tool, String input, String answer) {}

    private static Step askModel(String[] conversation) {
        return switch (conversation.length) {
            case 1 -> new Step("weather", "Oslo", null);
            case 2 -> new Step("packingList", conversation[1], null);
            default -> new Step(null, null, "It is " + conversation[1] + " in Oslo. Take " + conversation[2] + ".");
        };
    }

    static void agent(TaskOrchestrationContext context) {
        var conversation = new ArrayList<>(List.of(context.getInput(String.class)));
        for (int i = 0; i < MAX_STEPS; i++) {
            Step step = context.callActivity("askModel", conversation, Step.class).await();
            if (step.answer != null) {
                context.complete(step.answer);
                return;
            }
            conversation.add(context.callActivity(step.tool, step.input, String.class).await());
        }
        throw new IllegalStateException("no answer in " + MAX_STEPS + " steps");
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("agent", Agent::agent)
                .activity("askModel", context -> askModel(context.getInput(String[].class)))
                .activity("weather", context -> "rainy")
                .activity("packingList", context ->
                        context.getInput(String.class).equals("rainy") ? "an umbrella" : "sunglasses")
                .run(client -> {
                    String question = "What do I need for a day in Oslo?";
                    String id = client.scheduleNewOrchestrationInstance("agent", question);
                    String output = Sample.outputOf(client, id, String.class);
                    System.out.println(output);
                    Sample.expect("It is rainy in Oslo. Take an umbrella.", output);
                });
    }
}
