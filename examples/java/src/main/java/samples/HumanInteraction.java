package samples;

import com.microsoft.durabletask.TaskCanceledException;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.time.Duration;
import java.util.List;

/** Human interaction: an orchestration waits for somebody's answer, and goes on without one after a while. */
public final class HumanInteraction {
    static void approval(TaskOrchestrationContext context) {
        Duration patience = Duration.ofSeconds(context.getInput(Integer.class));
        try {
            context.complete(context.waitForExternalEvent("answer", patience, String.class).await());
        } catch (TaskCanceledException nobodyAnswered) {
            context.complete("escalated");
        }
    }

    public static void main(String[] args) throws Exception {
        new Sample().orchestrator("approval", HumanInteraction::approval).run(client -> {
            String answered = client.scheduleNewOrchestrationInstance("approval", 3600);
            client.raiseEvent(answered, "answer", "approved");
            String forgotten = client.scheduleNewOrchestrationInstance("approval", 1);

            var outputs = List.of(
                    Sample.outputOf(client, answered, String.class), Sample.outputOf(client, forgotten, String.class));
            System.out.println(String.join(", ", outputs));
            Sample.expect(List.of("approved", "escalated"), outputs);
        });
    }
}
