import { decodeRequest } from './decode.ts';
import { type handleServerStreamingCall, type ServerWritableStream } from '@grpc/grpc-js';
import { unavailable } from '../domain/errors.ts';
import { type Message } from '../protocol/codec.ts';
import { emptyMessage } from '../protocol/framing.ts';
import { abandonActivity } from '../scheduler/abandon-activity.ts';
import { abandonInstance } from '../scheduler/abandon-instance.ts';
import { completeEntity } from '../scheduler/complete-entity.ts';
import { completeActivity } from '../scheduler/complete-activity.ts';
import { completeOrchestration } from '../scheduler/complete-orchestration.ts';
import { Connections } from './connections.ts';
import { hubOf, userAgentOf, workerIdOf } from './metadata.ts';
import { type HubContext } from '../scheduler/context.ts';
import { type GrpcParts } from './parts.ts';
import { failureStatus, statusOf } from './status.ts';
import { answering, type Operation, unary, type UnaryHandler } from './unary.ts';

/** What workers do: take work items by one stream, give them back answered or not by calls of their own. */
export function workItemHandlers(
  parts: GrpcParts,
): Record<string, UnaryHandler | handleServerStreamingCall<Buffer, Buffer>> {
  const connections = new Connections();
  return {
    GetWorkItems: getWorkItems(parts, connections),
    CompleteOrchestratorTask: completing(parts, connections, {
      ...{ name: 'OrchestratorResponse', run: completeOrchestration },
      taskIdOf: () => undefined,
    }),
    CompleteActivityTask: completing(parts, connections, {
      ...{ name: 'ActivityResponse', run: completeActivity },
      taskIdOf: ({ taskId }) => taskId,
    }),
    CompleteEntityTask: unary(parts, 'EntityBatchResult', completeEntity),
    AbandonTaskOrchestratorWorkItem: unary(
      parts,
      'AbandonOrchestrationTaskRequest',
      (context, { completionToken }) => abandonInstance(context, completionToken),
    ),
    AbandonTaskEntityWorkItem: unary(parts, 'AbandonEntityTaskRequest', (context, { completionToken }) =>
      abandonInstance(context, completionToken),
    ),
    AbandonTaskActivityWorkItem: unary(parts, 'AbandonActivityTaskRequest', (context, { completionToken }) =>
      abandonActivity(context, completionToken),
    ),
  };
}

interface Completion<Name extends 'OrchestratorResponse' | 'ActivityResponse'> {
  readonly name: Name;
  readonly run: Operation<Name, void>;
  readonly taskIdOf: (response: Message<Name>) => number | undefined;
}

/** An answer; where it has no token, the connection tells what it is for. */
function completing<Name extends 'OrchestratorResponse' | 'ActivityResponse'>(
  { codec, hubs, log }: GrpcParts,
  connections: Connections,
  { name, run, taskIdOf }: Completion<Name>,
): UnaryHandler {
  return answering({ log }, async (call) => {
    const response = decodeRequest(() => codec.decode(name, call.request));
    const hub = hubOf(call.metadata);
    const context = hubs.known(hub) ?? (await hubs.contextFor(hub));
    if (response.completionToken === '') {
      const { instanceId } = response;
      const on = connections.of(call.getPeer());
      const token = on && context.streams.tokenOf(context.hubId, on, instanceId, taskIdOf(response));
      if (token !== undefined) response.completionToken = token;
    }
    await run(context, response, call.request);
    return emptyMessage;
  });
}

type WorkItemCall = ServerWritableStream<Buffer, Buffer>;

function getWorkItems(parts: GrpcParts, connections: Connections): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    openStream(parts, connections, call).catch((error: unknown) => {
      call.emit('error', failureStatus(error, call.getPath(), parts.log));
    });
  };
}

async function openStream(parts: GrpcParts, connections: Connections, call: WorkItemCall): Promise<void> {
  const { codec, hubs, isServing } = parts;
  const request = decodeRequest(() => codec.decode('GetWorkItemsRequest', call.request));
  const { hubId, hub, streams } = await hubs.contextFor(hubOf(call.metadata));
  if (!isServing()) throw unavailable('the server is stopping');
  if (call.cancelled) return;
  const connection = connections.enter(call.getPeer());
  call.on('cancelled', () => {
    connections.leave(connection);
  });
  const stream = streams.open({
    ...{ hubId, hub, request, connection, sink: sinkOf(call) },
    workerId: workerIdOf(call.metadata),
    userAgent: userAgentOf(call.metadata),
  });
  call.on('drain', () => {
    stream.drained();
  });
  call.on('cancelled', () => {
    stream.closed();
  });
}

/** Bytes that may wait for the transport before a stream takes no more items. */
const BUFFERED_BYTES = 256 * 1024;

/**
 * gRPC's stream knows the transport's back-pressure, but counts messages: 16 small ones would fill it, so bytes are counted
 * here. 'drain' comes when nothing waits any more.
 */
function sinkOf(call: WorkItemCall): Parameters<HubContext['streams']['open']>[0]['sink'] {
  let waiting = 0;
  return {
    write(item) {
      waiting = call.writableLength === 0 ? item.length : waiting + item.length;
      return call.write(item) || waiting < BUFFERED_BYTES;
    },
    end: (error) => {
      call.emit('error', statusOf(error));
    },
  };
}
