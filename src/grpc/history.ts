import { once } from 'node:events';
import { type handleServerStreamingCall, type ServerWritableStream } from '@grpc/grpc-js';
import { streamHistory } from '../scheduler/stream-instance-history.ts';
import { decodeRequest } from './decode.ts';
import { hubOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { failureStatus } from './status.ts';

/** History in chunks that every SDK can receive; no faster than they are read. */
export function streamInstanceHistory(parts: GrpcParts): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    sendHistory(parts, call).then(
      () => {
        call.end();
      },
      (error: unknown) => {
        if (!call.cancelled) call.emit('error', failureStatus(error, call.getPath(), parts.log));
      },
    );
  };
}

async function sendHistory(
  { codec, hubs }: GrpcParts,
  call: ServerWritableStream<Buffer, Buffer>,
): Promise<void> {
  const request = decodeRequest(() => codec.decode('StreamInstanceHistoryRequest', call.request));
  const context = await hubs.contextFor(hubOf(call.metadata));
  const controller = new AbortController();
  call.on('cancelled', () => {
    controller.abort();
  });
  for await (const chunk of streamHistory(context, request)) {
    if (call.cancelled) return;
    if (!call.write(chunk)) await once(call, 'drain', { signal: controller.signal });
  }
}
