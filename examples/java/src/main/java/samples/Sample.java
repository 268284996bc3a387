package samples;

import com.microsoft.durabletask.DurableTaskClient;
import com.microsoft.durabletask.DurableTaskGrpcClientBuilder;
import com.microsoft.durabletask.DurableTaskGrpcWorkerBuilder;
import com.microsoft.durabletask.OrchestrationMetadata;
import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import com.microsoft.durabletask.TaskActivity;
import com.microsoft.durabletask.TaskActivityFactory;
import com.microsoft.durabletask.TaskOrchestration;
import com.microsoft.durabletask.TaskOrchestrationFactory;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What every sample shares: one worker, one client, and the end of both. */
final class Sample {
    /** Longer than any sample takes; a wait that reaches it has failed. */
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /** The worker logs that its channel was closed, which is how it is stopped here. Held, or it is forgotten. */
    private static final Logger PACKAGE_LOG = Logger.getLogger("com.microsoft.durabletask");

    interface Body {
        void run(DurableTaskClient client) throws Exception;
    }

    private final ManagedChannel channel = newChannel();
    private final DurableTaskGrpcWorkerBuilder worker = new DurableTaskGrpcWorkerBuilder().grpcChannel(channel);

    /** The package doesn't name the task hub, so an interceptor does. */
    private static ManagedChannel newChannel() {
        var headers = new Metadata();
        var taskHub = Metadata.Key.of("taskhub", Metadata.ASCII_STRING_MARSHALLER);
        headers.put(taskHub, System.getenv().getOrDefault("PERDURA_HUB", "default"));
        return ManagedChannelBuilder.forTarget(System.getenv().getOrDefault("PERDURA_ENDPOINT", "localhost:8080"))
                .usePlaintext()
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
    }

    Sample orchestrator(String name, TaskOrchestration run) {
        worker.addOrchestration(new TaskOrchestrationFactory() {
            @Override
            public String getName() {
                return name;
            }

            @Override
            public TaskOrchestration create() {
                return run;
            }
        });
        return this;
    }

    Sample activity(String name, TaskActivity run) {
        worker.addActivity(new TaskActivityFactory() {
            @Override
            public String getName() {
                return name;
            }

            @Override
            public TaskActivity create() {
                return run;
            }
        });
        return this;
    }

    /** Runs a sample with a client, beside a worker of the parts that were added. */
    void run(Body sample) throws Exception {
        PACKAGE_LOG.setLevel(Level.OFF);
        var thread = new Thread(worker.build()::startAndBlock, "worker");
        thread.setDaemon(true);
        thread.start();
        try (var client = new DurableTaskGrpcClientBuilder().grpcChannel(channel).build()) {
            sample.run(client);
        } finally {
            thread.interrupt();
            channel.shutdownNow();
        }
    }

    /** Waits for the end of an instance and gives its output; throws when it has failed. */
    static <T> T outputOf(DurableTaskClient client, String id, Class<T> type) throws TimeoutException {
        OrchestrationMetadata state = client.waitForInstanceCompletion(id, DEADLINE, true);
        if (state.getRuntimeStatus() == OrchestrationRuntimeStatus.COMPLETED) return state.readOutputAs(type);
        throw new IllegalStateException(state + " " + state.getFailureDetails().getErrorMessage());
    }

    /** Fails the sample when the outcome is not as expected. */
    static void expect(Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) throw new IllegalStateException(actual + " instead of " + expected);
    }
}
