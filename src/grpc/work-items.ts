import { type handleServerStreamingCall, type ServerWritableStream } from '@grpc/grpc-js';
import { unavailable } from '../domain/errors.ts';
import { abandonActivity } from '../scheduler/abandon-activity.ts';
import { abandonOrchestration } from '../scheduler/abandon-orchestration.ts';
import { completeActivity } from '../scheduler/complete-activity.ts';
import { completeOrchestration } from '../scheduler/complete-orchestration.ts';
import { Connections } from './connections.ts';
import { hubOf, userAgentOf, workerIdOf } from './metadata.ts';
import { type GrpcParts, type StreamRegistry } from './parts.ts';
import { failureStatus, statusOf } from './status.ts';
import { unary, type UnaryHandler } from './unary.ts';

/** What workers do: take work items by one stream, give them back answered or not by calls of their own. */
export function workItemHandlers(
  parts: GrpcParts,
): Record<string, UnaryHandler | handleServerStreamingCall<Buffer, Buffer>> {
  return {
    GetWorkItems: getWorkItems(parts),
    CompleteOrchestratorTask: unary(parts, 'OrchestratorResponse', completeOrchestration),
    CompleteActivityTask: unary(parts, 'ActivityResponse', completeActivity),
    AbandonTaskOrchestratorWorkItem: unary(
      parts,
      'AbandonOrchestrationTaskRequest',
      (context, { completionToken }) => abandonOrchestration(context, completionToken),
    ),
    AbandonTaskActivityWorkItem: unary(parts, 'AbandonActivityTaskRequest', (context, { completionToken }) =>
      abandonActivity(context, completionToken),
    ),
  };
}

type WorkItemCall = ServerWritableStream<Buffer, Buffer>;

function getWorkItems(parts: GrpcParts): handleServerStreamingCall<Buffer, Buffer> {
  const connections = new Connections();
  return (call) => {
    openStream(parts, connections, call).catch((error: unknown) => {
      call.emit('error', failureStatus(error, call.getPath(), parts.log));
    });
  };
}

async function openStream(parts: GrpcParts, connections: Connections, call: WorkItemCall): Promise<void> {
  const { codec, hubs, streams, isServing } = parts;
  const request = codec.decode('GetWorkItemsRequest', call.request);
  const { hubId, hub } = await hubs.contextFor(hubOf(call.metadata));
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
function sinkOf(call: WorkItemCall): Parameters<StreamRegistry['open']>[0]['sink'] {
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
