package perdura.sdk;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the tests of this package against the server at PERDURA_TEST_ENDPOINT. Arguments choose tests by a part of their
 * names. The last line is "N passed, N failed".
 */
final class RunTests implements TestExecutionListener {
    /** Workers log that their channels were closed, which is how they are stopped here. Held, or it is forgotten. */
    private static final Logger PACKAGE_LOG = Logger.getLogger("com.microsoft.durabletask");

    private int passed;
    private int failed;
    private long startedAt;

    private RunTests() {}

    public static void main(String[] patterns) {
        PACKAGE_LOG.setLevel(Level.OFF);
        var request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage(RunTests.class.getPackageName()))
                .filters((PostDiscoveryFilter) test -> FilterResult.includedIf(isChosen(test, patterns)))
                .build();
        var tests = new RunTests();
        LauncherFactory.create().execute(request, tests);
        System.out.printf("%d passed, %d failed%n", tests.passed, tests.failed);
        // Not by returning: threads of workers that never end must not keep the process.
        System.exit(tests.failed == 0 && tests.passed > 0 ? 0 : 1);
    }

    private static boolean isChosen(TestDescriptor test, String[] patterns) {
        // What makes tests while it runs is chosen as a whole.
        return (test.isContainer() && !test.mayRegisterTests())
                || patterns.length == 0
                || Arrays.stream(patterns).anyMatch(test.getDisplayName()::contains);
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.isTest()) startedAt = System.nanoTime();
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean hasPassed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (test.isContainer() && hasPassed) return;
        double seconds = (System.nanoTime() - startedAt) / 1e9;
        System.out.printf("%s %s (%.1f s)%n", hasPassed ? "passed" : "FAILED", test.getDisplayName(), seconds);
        if (hasPassed) passed++;
        else failed++;
        result.getThrowable().ifPresent(failure -> failure.printStackTrace(new PrintWriter(System.out, true)));
    }
}
