// This version of the package takes histories with the work item only. What a worker does that streams them, as the
// one for .NET does, stands here between the package's worker and the server: it offers the capability, and fetches
// the past of each work item that comes without it.
import { once } from 'node:events';
import { credentials, InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import stubs from '@microsoft/durabletask-js/dist/proto/orchestrator_service_grpc_pb.js';
import messages from '@microsoft/durabletask-js/dist/proto/orchestrator_service_pb.js';
import { type TestHub } from './hub.ts';

type HistoryEvents = ReturnType<InstanceType<typeof messages.HistoryChunk>['getEventsList']>;
type Turn = InstanceType<typeof messages.OrchestratorRequest>;

export class HistoryStreaming {
  /** How many events each fetched past had. */
  readonly fetched: number[] = [];
  readonly #hub: TestHub;
  readonly #client: InstanceType<typeof stubs.TaskHubSidecarServiceClient>;

  constructor(hub: TestHub) {
    this.#hub = hub;
    this.#client = new stubs.TaskHubSidecarServiceClient(hub.endpoint, credentials.createInsecure());
  }

  /** For the channel of the worker. */
  readonly interceptor: Interceptor = (options, nextCall) => {
    const call = nextCall(options);
    if (!options.method_definition.path.endsWith('/GetWorkItems')) return new InterceptingCall(call);
    return new InterceptingCall(call, {
      start: (metadata, _listener, next) => {
        next(metadata, {
          onReceiveMessage: (item: InstanceType<typeof messages.WorkItem>, passOn) => {
            void this.#complete(item.getOrchestratorrequest()).finally(() => {
              passOn(item);
            });
          },
        });
      },
      sendMessage: (request: InstanceType<typeof messages.GetWorkItemsRequest>, next) => {
        request.addCapabilities(messages.WorkerCapability.WORKER_CAPABILITY_HISTORY_STREAMING);
        next(request);
      },
    });
  };

  close(): void {
    this.#client.close();
  }

  async #complete(turn: Turn | undefined): Promise<void> {
    if (!turn?.getRequireshistorystreaming()) return;
    if (turn.getPasteventsList().length > 0) throw new Error('the past came with the work item after all');
    const past = await this.#past(turn);
    this.fetched.push(past.length);
    turn.setPasteventsList(past);
  }

  async #past(turn: Turn): Promise<HistoryEvents> {
    const request = new messages.StreamInstanceHistoryRequest();
    request.setInstanceid(turn.getInstanceid());
    request.setExecutionid(turn.getExecutionid());
    request.setForworkitemprocessing(true);
    const stream = this.#client.streamInstanceHistory(request, await this.#hub.metadata());
    const events: HistoryEvents = [];
    stream.on('data', (chunk: InstanceType<typeof messages.HistoryChunk>) => {
      events.push(...chunk.getEventsList());
    });
    await once(stream, 'end');
    return events;
  }
}
