package samples;

import com.microsoft.durabletask.TaskOrchestrationContext;

/** Function chaining: each step gets the result of the one before. */
public final class FunctionChaining {
    static void greeting(TaskOrchestrationContext context) {
        String greeted = context.callActivity("greet", context.getInput(String.class), String.class).await();
        context.complete(context.callActivity("ask", greeted, String.class).await());
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("greeting", FunctionChaining::greeting)
                .activity("greet", context -> "Hello " + context.getInput(String.class))
                .activity("ask", context -> context.getInput(String.class) + ", how are you?")
                .run(client -> {
                    String id = client.scheduleNewOrchestrationInstance("greeting", "Ada");
                    String output = Sample.outputOf(client, id, String.class);
                    System.out.println(output);
                    Sample.expect("Hello Ada, how are you?", output);
                });
    }
}
