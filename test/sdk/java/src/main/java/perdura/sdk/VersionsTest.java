package perdura.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.durabletask.NewOrchestrationInstanceOptions;
import com.microsoft.durabletask.implementation.protobuf.OrchestratorService.GetInstanceRequest;
import com.microsoft.durabletask.implementation.protobuf.OrchestratorService.OrchestrationState;
import com.microsoft.durabletask.implementation.protobuf.TaskHubSidecarServiceGrpc;
import java.util.List;
import org.junit.jupiter.api.Test;

/** This version of the package gives versions but shows none; its messages have them. */
final class VersionsTest extends HubTest {
    private String start(String version, String orchestrator) {
        return hub.startWith(new NewOrchestrationInstanceOptions().setVersion(version), orchestrator);
    }

    private OrchestrationState messageOf(String id) {
        return TaskHubSidecarServiceGrpc.newBlockingStub(hub.channel)
                .getInstance(GetInstanceRequest.newBuilder().setInstanceId(id).build())
                .getOrchestrationState();
    }

    private void assertVersion(String version, String id) {
        OrchestrationState state = messageOf(id);
        assertTrue(state.hasVersion());
        assertEquals(version, state.getVersion().getValue());
    }

    @Test
    void a_version_comes_back_as_it_was_given_even_the_empty_one() {
        for (String version : List.of("1.2.3", "")) assertVersion(version, start(version, "versioned"));
    }

    @Test
    void a_worker_takes_instances_of_any_version() {
        hub.work(worker -> worker.orchestrator("versioned", context -> "done"));

        for (String version : List.of("1.0", "2.0-beta", "")) {
            assertCompleted("done", hub.end(start(version, "versioned")));
        }
    }

    @Test
    void an_instance_that_continues_as_new_keeps_its_version() {
        hub.work(worker -> worker.orchestration("twice", context -> {
            if (context.getInput(Boolean.class) == null) context.continueAsNew(true);
            else context.complete("done");
        }));

        String id = start("1.5", "twice");

        assertCompleted("done", hub.end(id));
        assertVersion("1.5", id);
    }

    @Test
    void a_child_has_no_version_unless_one_was_named_which_this_package_never_does() {
        hub.work(worker -> worker
                .orchestrator("parent", context -> context
                        .callSubOrchestrator("child", null, "the-child", String.class).await())
                .orchestrator("child", context -> "done"));

        assertCompleted("done", hub.end(start("1.5", "parent")));

        assertFalse(messageOf("the-child").hasVersion());
    }
}
