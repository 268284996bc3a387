package samples;

import com.microsoft.durabletask.DurableTaskClient;
import com.microsoft.durabletask.OrchestrationMetadata;
import com.microsoft.durabletask.TaskOrchestrationContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Async HTTP API: POST starts the work and answers 202 with an address; GET there says 202 until the work is done. */
public final class AsyncHttpApi {
    static void report(TaskOrchestrationContext context) {
        context.createTimer(Duration.ofMillis(500)).await();
        context.complete(context.callActivity("makeReport", context.getInput(String.class), String.class).await());
    }

    private static void answer(DurableTaskClient client, HttpExchange exchange) throws IOException {
        if (exchange.getRequestMethod().equals("POST")) {
            String id = client.scheduleNewOrchestrationInstance("report", exchange.getRequestURI().getQuery());
            accept(exchange, "/reports/" + id);
            return;
        }
        String path = exchange.getRequestURI().getPath();
        OrchestrationMetadata state = client.getInstanceMetadata(path.substring(path.lastIndexOf('/') + 1), true);
        if (!state.isInstanceFound()) reply(exchange, 404, "");
        else if (!state.isCompleted()) accept(exchange, path);
        else if (state.getSerializedOutput() == null) reply(exchange, 500, "");
        else reply(exchange, 200, state.readOutputAs(String.class));
    }

    private static void accept(HttpExchange exchange, String address) throws IOException {
        exchange.getResponseHeaders().set("location", address);
        reply(exchange, 202, "");
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static HttpResponse<String> ask(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("report", AsyncHttpApi::report)
                .activity("makeReport", context -> "Report of " + context.getInput(String.class))
                .run(client -> {
                    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
                    server.createContext("/reports", exchange -> answer(client, exchange));
                    server.start();
                    try {
                        useAs(URI.create("http://localhost:" + server.getAddress().getPort()));
                    } finally {
                        server.stop(0);
                    }
                });
    }

    private static void useAs(URI api) throws IOException, InterruptedException {
        var start = HttpRequest.newBuilder(api.resolve("/reports?May")).POST(HttpRequest.BodyPublishers.noBody());
        var accepted = ask(start);
        Sample.expect(202, accepted.statusCode());
        URI address = api.resolve(accepted.headers().firstValue("location").orElseThrow());

        var answer = ask(HttpRequest.newBuilder(address));
        Sample.expect(202, answer.statusCode());
        while (answer.statusCode() == 202) {
            Thread.sleep(100);
            answer = ask(HttpRequest.newBuilder(address));
        }
        System.out.println(answer.statusCode() + ": " + answer.body());
        Sample.expect(200, answer.statusCode());
        Sample.expect("Report of May", answer.body());
    }
}
