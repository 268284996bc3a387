// LOOP, the ceiling: what grpc-js can do when a server does nothing else. It sends recorded work items of the chain and
// for each completion that comes in sends the next one, on as many streams, with as many outstanding, to the same
// worker. A client's call is answered, and that is all, or followed by a recorded work item of an entity. Bytes are passed
// through, nothing is decoded or stored.
// Whatever is added here lowers the ceiling and so flatters the server: nothing may be.

import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { serverOptions } from '../grpc/server-options.ts';
import { emptyMessage, healthPing } from '../protocol/framing.ts';
import { serviceDefinition } from '../protocol/service.ts';
import { answerQuestions } from './channel.ts';

export type CeilingCommands = typeof commands;

const streams: ServerWritableStream<Buffer, Buffer>[] = [];
let items: readonly Buffer[] = [];
let batch: Buffer | undefined;
let isSignalFollowed = false;
let sent = 0;
let outstanding = 0;
let isRunning = false;
let onIdle: () => void = () => undefined;

const commands = {
  /** Gives the address, `host:port`. */
  async listen(): Promise<{ address: string }> {
    const server = new Server(serverOptions);
    server.addService(serviceDefinition, {
      ...Object.fromEntries(Object.keys(serviceDefinition).map((name) => [name, refuse])),
      GetWorkItems: openStream,
      CompleteOrchestratorTask: complete,
      CompleteActivityTask: complete,
      CompleteEntityTask: acknowledge,
      SignalEntity: answerSignal,
    });
    const port = await new Promise<number>((done, failed) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error) failed(error);
        else done(bound);
      });
    });
    return { address: `127.0.0.1:${port}` };
  },

  /** What to send, in turn: work items in base64; and what may follow a signal: one operation for an entity. */
  load({ recorded, recordedBatch }: { recorded: readonly string[]; recordedBatch: string }): void {
    items = recorded.map((item) => Buffer.from(item, 'base64'));
    batch = Buffer.from(recordedBatch, 'base64');
  },

  /** Whether a work item follows each signal from now on. */
  followSignals({ isOn }: { isOn: boolean }): void {
    isSignalFollowed = isOn;
  },

  /** Sends so many items, and from then on one for each that comes back. */
  start({ concurrency }: { concurrency: number }): void {
    isRunning = true;
    for (; outstanding < concurrency; outstanding++) sendNext();
  },

  /** Resolves when all items have come back. */
  async stop(): Promise<void> {
    isRunning = false;
    await new Promise<void>((idle) => {
      onIdle = idle;
    });
  },
};

const openStream: handleServerStreamingCall<Buffer, Buffer> = (call) => {
  streams.push(call);
  call.write(healthPing);
};

const complete: handleUnaryCall<Buffer, Buffer> = (_call, callback) => {
  callback(null, emptyMessage);
  if (isRunning) sendNext();
  else if (--outstanding === 0) onIdle();
};

const acknowledge: handleUnaryCall<Buffer, Buffer> = (_call, callback) => {
  callback(null, emptyMessage);
};

const answerSignal: handleUnaryCall<Buffer, Buffer> = (_call, callback) => {
  callback(null, emptyMessage);
  if (isSignalFollowed && batch) streams[sent++ % streams.length]?.write(batch);
};

const refuse: handleUnaryCall<Buffer, Buffer> = (_call, callback) => {
  callback({ code: status.UNIMPLEMENTED });
};

function sendNext(): void {
  const item = items[sent % items.length];
  if (item) streams[sent % streams.length]?.write(item);
  sent++;
}

answerQuestions(commands, () => {
  process.exit(0);
});
