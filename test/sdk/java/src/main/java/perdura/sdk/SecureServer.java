package perdura.sdk;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The servers of test/sdk/secure-server.ts, and what it says of them. */
final class SecureServer implements AutoCloseable {
    private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":\"([^\"]*)\"");

    private final Process process;
    private final Map<String, String> ready = new HashMap<>();

    SecureServer() throws IOException {
        process = new ProcessBuilder(
                        "node",
                        System.getProperty("perdura.root") + "/bin/start.mjs",
                        "--run",
                        "../../test/sdk/secure-server.ts")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        if (line == null) throw new IOException("the server did not start");
        FIELD.matcher(line).results().forEach(field -> ready.put(field.group(1), field.group(2)));
    }

    String get(String name) {
        return ready.get(name);
    }

    @Override
    public void close() throws Exception {
        // The end of its standard input ends it.
        process.getOutputStream().close();
        process.waitFor();
    }
}
