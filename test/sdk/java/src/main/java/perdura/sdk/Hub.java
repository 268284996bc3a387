package perdura.sdk;

import com.microsoft.durabletask.DurableTaskClient;
import com.microsoft.durabletask.DurableTaskGrpcClientBuilder;
import com.microsoft.durabletask.NewOrchestrationInstanceOptions;
import com.microsoft.durabletask.OrchestrationMetadata;
import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A task hub of a test's own, seen only through the published Java package. The hub comes into being with the first
 * call that names it; the plain package doesn't name it, so an interceptor does.
 */
final class Hub implements AutoCloseable {
    /** Longer than anything here takes on a slow machine; a test that reaches it has failed. */
    static final Duration DEADLINE = Duration.ofSeconds(30);

    static final String ENDPOINT = System.getenv("PERDURA_TEST_ENDPOINT");

    final String name = "sdk-" + UUID.randomUUID().toString().substring(0, 13);
    final DurableTaskClient client;
    final ManagedChannel channel;
    private final List<Worker> workers = new ArrayList<>();

    Hub() {
        channel = newChannel();
        client = new DurableTaskGrpcClientBuilder().grpcChannel(channel).build();
    }

    private ManagedChannel newChannel() {
        var headers = new Metadata();
        headers.put(Metadata.Key.of("taskhub", Metadata.ASCII_STRING_MARSHALLER), name);
        return ManagedChannelBuilder.forTarget(ENDPOINT)
                .usePlaintext()
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
    }

    /** Starts a worker with what is added to it. */
    Worker work(Consumer<Worker> parts) {
        var worker = new Worker(newChannel());
        parts.accept(worker);
        workers.add(worker);
        worker.start();
        return worker;
    }

    String start(String orchestrator, Object input) {
        return client.scheduleNewOrchestrationInstance(orchestrator, input);
    }

    String start(String orchestrator, Object input, String instanceId) {
        return client.scheduleNewOrchestrationInstance(orchestrator, input, instanceId);
    }

    String startWith(NewOrchestrationInstanceOptions options, String orchestrator) {
        return client.scheduleNewOrchestrationInstance(orchestrator, options);
    }

    /** Waits until the instance has ended, however it ended. */
    OrchestrationMetadata end(String instanceId) {
        try {
            return client.waitForInstanceCompletion(instanceId, DEADLINE, true);
        } catch (TimeoutException late) {
            throw new AssertionError("\"" + instanceId + "\" never ended: " + state(instanceId), late);
        }
    }

    /** Starts an instance and waits until it has ended. */
    OrchestrationMetadata run(String orchestrator, Object input) {
        return end(start(orchestrator, input));
    }

    OrchestrationMetadata state(String instanceId) {
        return client.getInstanceMetadata(instanceId, true);
    }

    /** Asks for the instance until it looks as described. */
    OrchestrationMetadata until(String instanceId, Predicate<OrchestrationMetadata> looksRight) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        for (;;) {
            OrchestrationMetadata state = state(instanceId);
            if (state.isInstanceFound() && looksRight.test(state)) return state;
            if (System.nanoTime() > deadline) {
                throw new AssertionError("\"" + instanceId + "\" never looked right: " + state);
            }
        }
    }

    OrchestrationMetadata isRunning(String instanceId) {
        return until(instanceId, state -> state.getRuntimeStatus() == OrchestrationRuntimeStatus.RUNNING);
    }

    @Override
    public void close() {
        workers.forEach(Worker::stop);
        channel.shutdownNow();
    }
}
