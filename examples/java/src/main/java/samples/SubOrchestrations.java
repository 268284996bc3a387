package samples;

import com.microsoft.durabletask.Task;
import com.microsoft.durabletask.TaskOrchestrationContext;
import java.util.ArrayList;
import java.util.List;

/** Sub-orchestrations: an orchestration made of others, each with a history of its own. */
public final class SubOrchestrations {
    static void setUpDevice(TaskOrchestrationContext context) {
        context.complete(context.callActivity("install", context.getInput(String.class), String.class).await());
    }

    static void setUpSite(TaskOrchestrationContext context) {
        var devices = new ArrayList<Task<String>>();
        for (String device : context.getInput(String[].class)) {
            devices.add(context.callSubOrchestrator("setUpDevice", device, String.class));
        }
        context.complete(context.allOf(devices).await());
    }

    public static void main(String[] args) throws Exception {
        new Sample()
                .orchestrator("setUpDevice", SubOrchestrations::setUpDevice)
                .orchestrator("setUpSite", SubOrchestrations::setUpSite)
                .activity("install", context -> context.getInput(String.class) + " installed")
                .run(client -> {
                    String id = client.scheduleNewOrchestrationInstance("setUpSite", List.of("lamp", "door"));
                    var output = List.of(Sample.outputOf(client, id, String[].class));
                    System.out.println(String.join(", ", output));
                    Sample.expect(List.of("lamp installed", "door installed"), output);
                });
    }
}
