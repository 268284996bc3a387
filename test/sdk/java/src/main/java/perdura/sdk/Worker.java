package perdura.sdk;

import com.microsoft.durabletask.DurableTaskGrpcWorker;
import com.microsoft.durabletask.DurableTaskGrpcWorkerBuilder;
import com.microsoft.durabletask.TaskActivity;
import com.microsoft.durabletask.TaskActivityContext;
import com.microsoft.durabletask.TaskActivityFactory;
import com.microsoft.durabletask.TaskOrchestration;
import com.microsoft.durabletask.TaskOrchestrationContext;
import com.microsoft.durabletask.TaskOrchestrationFactory;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.function.Function;

/**
 * A worker of the package on a channel and a thread of its own. The package does everything on that one thread: it
 * reads the stream, and runs orchestrators and activities one after the other.
 */
final class Worker {
    private final ManagedChannel channel;
    private final DurableTaskGrpcWorkerBuilder builder;
    private Thread thread;

    Worker(ManagedChannel channel) {
        this.channel = channel;
        builder = new DurableTaskGrpcWorkerBuilder().grpcChannel(channel);
    }

    /** Adds an orchestrator that completes by itself, or not at all. */
    Worker orchestration(String name, TaskOrchestration run) {
        builder.addOrchestration(new TaskOrchestrationFactory() {
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

    /** Adds an orchestrator that completes with the result of the function. */
    Worker orchestrator(String name, Function<TaskOrchestrationContext, Object> run) {
        return orchestration(name, context -> context.complete(run.apply(context)));
    }

    Worker activity(String name, Function<TaskActivityContext, Object> run) {
        builder.addActivity(new TaskActivityFactory() {
            @Override
            public String getName() {
                return name;
            }

            @Override
            public TaskActivity create() {
                return run::apply;
            }
        });
        return this;
    }

    /** Longer timers are made of parts. */
    Worker maximumTimerInterval(Duration interval) {
        builder.maximumTimerInterval(interval);
        return this;
    }

    void start() {
        DurableTaskGrpcWorker worker = builder.build();
        thread = new Thread(worker::startAndBlock, "worker");
        thread.setDaemon(true);
        // Instead of the stack trace that a thread leaves when it dies; tests ask isAlive.
        thread.setUncaughtExceptionHandler((dead, error) -> {});
        thread.start();
    }

    boolean isAlive() {
        return thread.isAlive();
    }

    /** Ends stream and connection, as the end of its process would. The thread ends when its present work does. */
    void stop() {
        channel.shutdownNow();
        thread.interrupt();
    }
}
