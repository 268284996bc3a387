package samples;

import com.microsoft.durabletask.DurableTaskClient;
import com.microsoft.durabletask.TaskOrchestrationContext;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;

/** Singleton: an instance with a fixed id. A second start is refused while the first one runs. */
public final class Singleton {
    private static final String ID = "nightly-import";

    static void importAll(TaskOrchestrationContext context) {
        context.complete(context.waitForExternalEvent("finish", String.class).await());
    }

    private static String startOnce(DurableTaskClient client) {
        try {
            client.scheduleNewOrchestrationInstance("importAll", null, ID);
            return "started";
        } catch (StatusRuntimeException refused) {
            if (refused.getStatus().getCode() == Status.Code.ALREADY_EXISTS) return "runs already";
            throw refused;
        }
    }

    public static void main(String[] args) throws Exception {
        new Sample().orchestrator("importAll", Singleton::importAll).run(client -> {
            var answers = List.of(startOnce(client), startOnce(client));
            client.raiseEvent(ID, "finish", "done");
            Sample.outputOf(client, ID, String.class);

            System.out.println(String.join(", ", answers));
            Sample.expect(List.of("started", "runs already"), answers);
        });
    }
}
