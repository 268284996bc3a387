import { type handleUnaryCall, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { type Message, type MessageName } from '../protocol/codec.ts';
import { emptyMessage } from '../protocol/framing.ts';
import { type HubContext } from '../scheduler/context.ts';
import { decodeRequest } from './decode.ts';
import { hubOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { failureStatus } from './status.ts';

export type UnaryHandler = handleUnaryCall<Buffer, Buffer>;
export type UnaryCall = ServerUnaryCall<Buffer, Buffer>;

/** Handles a call that gives bytes, whatever it does in between; a rejection becomes the call's status. */
export function answering(
  { log }: Pick<GrpcParts, 'log'>,
  answer: (call: UnaryCall) => Promise<Buffer>,
): UnaryHandler {
  return (call, callback) => {
    answer(call).then(
      (bytes) => {
        callback(null, bytes);
      },
      (error: unknown) => {
        callback(failureStatus(error, call.getPath(), log));
      },
    );
  };
}

/** An operation on the call's task hub. `bytes` is the request as it was sent. */
export type Operation<Name extends MessageName, Result> = (
  context: HubContext,
  request: Message<Name>,
  bytes: Buffer,
) => Promise<Result>;

/** Handles an rpc by one operation of the scheduler: decodes, runs it in the call's task hub, encodes. */
export function unary<Name extends MessageName, Result>(
  parts: GrpcParts,
  name: Name,
  run: Operation<Name, Result>,
  encode: (result: Result) => Buffer = () => emptyMessage,
): UnaryHandler {
  return answering(parts, async ({ metadata, request: bytes }) => {
    const request = decodeRequest(() => parts.codec.decode(name, bytes));
    const hub = hubOf(metadata);
    const context = parts.hubs.known(hub) ?? (await parts.hubs.contextFor(hub));
    return encode(await run(context, request, bytes));
  });
}

/**
 * Looks once more, two turns of the event loop later, whether the client still wants it. A process or a network that stood
 * still brings calls whose clients gave up long ago and made them elsewhere: a start that comes so late could begin anew
 * what has ended by now. That the client gave up lies right behind the call.
 */
export function unlessGivenUp(handle: UnaryHandler): UnaryHandler {
  return (call, callback) => {
    twoTurnsLater.do(() => {
      if (call.cancelled) callback({ code: status.CANCELLED });
      else handle(call, callback);
    });
  };
}

/** Does things two turns of the event loop later, in order. An immediate for each call would cost more than looking. */
class TwoTurnsLater {
  #arrived: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  #isTurning = false;

  do(task: () => void): void {
    this.#arrived.push(task);
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const due = this.#waiting;
    this.#waiting = this.#arrived;
    this.#arrived = [];
    this.#isTurning = this.#waiting.length > 0;
    if (this.#isTurning) setImmediate(this.#turn);
    for (const task of due) task();
  };
}

const twoTurnsLater = new TwoTurnsLater();
