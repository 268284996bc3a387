package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.OrchestrationMetadata;
import com.microsoft.durabletask.OrchestrationRuntimeStatus;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;

/** Tests with a hub of their own each. Their methods' names are sentences. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
abstract class HubTest {
    final Hub hub = new Hub();

    @AfterEach
    void close() {
        hub.close();
    }

    static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** The package rounds times down to whole milliseconds. */
    static Instant justBefore(Instant time) {
        return time.minusMillis(1);
    }

    static void assertCompleted(OrchestrationMetadata state) {
        assertStatus(OrchestrationRuntimeStatus.COMPLETED, state);
    }

    static void assertCompleted(Object output, OrchestrationMetadata state) {
        assertCompleted(state);
        assertEquals(output, state.readOutputAs(Object.class));
    }

    static void assertStatus(OrchestrationRuntimeStatus status, OrchestrationMetadata state) {
        assertEquals(status, state.getRuntimeStatus(), () -> state + " " + state.getFailureDetails().getErrorMessage());
    }

    /** Waits for another thread; as an unchecked call, for use in orchestrators and activities. */
    static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(Hub.DEADLINE.toSeconds(), TimeUnit.SECONDS), "the other side never came so far");
        } catch (InterruptedException stopped) {
            throw new IllegalStateException("the worker was stopped", stopped);
        }
    }
}
