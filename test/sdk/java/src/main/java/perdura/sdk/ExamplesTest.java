package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the samples as a reader would: each in a process of its own, on the default task hub of the server. */
final class ExamplesTest {
    private static final Path SOURCES = Path.of(System.getProperty("samples.sources"));
    private static final String CLASSPATH = System.getProperty("samples.classpath");

    /** What samples share, which isn't one itself. */
    private static final String SHARED = "Sample";

    @TestFactory
    @DisplayName("samples")
    Stream<DynamicTest> samples() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            List<String> names = files.map(file -> file.getFileName().toString().replace(".java", ""))
                    .filter(name -> !name.equals(SHARED))
                    .sorted()
                    .toList();
            assertTrue(names.size() > 0);
            return names.stream()
                    .map(name -> DynamicTest.dynamicTest("the sample " + name + " does what it says", () -> run(name)));
        }
    }

    private static void run(String name) throws IOException, InterruptedException {
        Path log = Files.createTempFile("sample-", ".log");
        try {
            var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
            var builder = new ProcessBuilder(java, "-cp", CLASSPATH, SOURCES.getFileName() + "." + name)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("PERDURA_ENDPOINT", Hub.ENDPOINT);
            Process process = builder.start();
            boolean hasEnded = process.waitFor(60, TimeUnit.SECONDS);
            process.destroyForcibly();
            String output = Files.readString(log);
            assertTrue(hasEnded, output);
            assertEquals(0, process.exitValue(), output);
            assertTrue(output.length() > 0);
        } finally {
            Files.delete(log);
        }
    }
}
