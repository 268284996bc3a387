package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.microsoft.durabletask.DurableTaskClient;
import com.microsoft.durabletask.DurableTaskGrpcClientBuilder;
import com.microsoft.durabletask.OrchestrationMetadata;
import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The published package over real TLS, with each kind of credential that its channels take. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SecurityTest {
    private static SecureServer server;

    private final List<Worker> workers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        server = new SecureServer();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @AfterEach
    void close() {
        workers.forEach(Worker::stop);
        channels.forEach(ManagedChannel::shutdownNow);
    }

    @Test
    void without_authentication_an_orchestration_runs_where_everybody_may() throws Exception {
        assertEquals("Hello, world!", greeting(server.get("openAddress"), "orders-a", tls().build()));
    }

    @Test
    void without_authentication_nothing_runs_where_callers_are_known() throws Exception {
        assertRefused(Status.Code.UNAUTHENTICATED, "orders-a", tls().build());
    }

    @Test
    void a_key_runs_an_orchestration() throws Exception {
        assertEquals("Hello, world!", greeting(server.get("address"), "orders-b", bearer(server.get("key"))));
    }

    @Test
    void a_key_is_refused_in_the_task_hubs_of_others() throws Exception {
        assertRefused(Status.Code.NOT_FOUND, "payments", bearer(server.get("key")));
    }

    @Test
    void a_token_of_an_issuer_runs_an_orchestration() throws Exception {
        assertEquals("Hello, world!", greeting(server.get("address"), "orders-f", bearer(token(""))));
    }

    @Test
    void a_token_that_has_expired_is_refused() throws Exception {
        assertRefused(Status.Code.UNAUTHENTICATED, "orders-f", bearer(token("?expired")));
    }

    @Test
    void a_certificate_runs_an_orchestration() throws Exception {
        var shown = tls().keyManager(new File(server.get("certFile")), new File(server.get("keyFile"))).build();
        assertEquals("Hello, world!", greeting(server.get("address"), "orders-g", shown));
    }

    private static TlsChannelCredentials.Builder tls() throws IOException {
        return TlsChannelCredentials.newBuilder().trustManager(new File(server.get("caFile")));
    }

    private static ChannelCredentials bearer(String text) throws IOException {
        return CompositeChannelCredentials.create(tls().build(), new Bearer(text));
    }

    private static String token(String query) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(server.get("tokenUrl") + query)).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private ManagedChannel open(String address, String hub, ChannelCredentials credentials) {
        var headers = new Metadata();
        headers.put(Metadata.Key.of("taskhub", Metadata.ASCII_STRING_MARSHALLER), hub);
        var channel = Grpc.newChannelBuilder(address, credentials)
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
        channels.add(channel);
        return channel;
    }

    private DurableTaskClient clientOf(ManagedChannel channel) {
        return new DurableTaskGrpcClientBuilder().grpcChannel(channel).build();
    }

    private String greeting(String address, String hub, ChannelCredentials credentials) throws TimeoutException {
        var worker = new Worker(open(address, hub, credentials));
        worker.activity("Greet", context -> "Hello, " + context.getInput(String.class) + "!");
        worker.orchestrator("Hello", context -> context.callActivity(
                        "Greet", context.getInput(String.class), String.class)
                .await());
        workers.add(worker);
        worker.start();
        var client = clientOf(open(address, hub, credentials));
        String id = client.scheduleNewOrchestrationInstance("Hello", "world");
        OrchestrationMetadata end = client.waitForInstanceCompletion(id, Hub.DEADLINE, true);
        return end.readOutputAs(String.class);
    }

    private void assertRefused(Status.Code code, String hub, ChannelCredentials credentials) {
        var client = clientOf(open(server.get("address"), hub, credentials));
        var refusal = assertThrows(
                StatusRuntimeException.class, () -> client.scheduleNewOrchestrationInstance("Hello", "world"));
        assertEquals(code, refusal.getStatus().getCode(), refusal::getMessage);
    }

    /** As credential objects are sent: whatever text they give. */
    private static final class Bearer extends CallCredentials {
        private static final Metadata.Key<String> AUTHORIZATION =
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

        private final String text;

        Bearer(String text) {
            this.text = text;
        }

        @Override
        public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
            var headers = new Metadata();
            headers.put(AUTHORIZATION, "Bearer " + text);
            applier.apply(headers);
        }
    }
}
