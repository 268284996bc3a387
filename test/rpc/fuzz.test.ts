import { Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateSync, gzipSync } from 'node:zlib';
import { Metadata, status } from '@grpc/grpc-js';
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { encodeToken } from '../../src/domain/completion-token.ts';
import { encodeCreated, encodeEntity } from '../../src/domain/page-token.ts';
import { type MessageName } from '../../src/protocol/codec.ts';
import { must } from '../../src/lib/assert.ts';
import { adminName, schema, serviceName } from '../../src/protocol/schema.ts';
import { callRaw, statusNamed, type TestHub } from '../helpers/client.ts';
import { findEntity, signal } from '../helpers/entities.ts';
import { anyBytes, damaged, fuzzSeed, wireText } from '../helpers/fuzz.ts';
import { RandomMessages } from '../helpers/messages.ts';
import {
  complete,
  PATIENCE_MS,
  scheduleTask,
  type ScriptedWorker,
  type TurnItem,
} from '../helpers/scripted-worker.ts';
import { useServer } from '../helpers/server.ts';
import { type Outcome, prefixed, type RawCall, RawConnections } from './raw-calls.ts';

const errors: string[] = [];
const log = new Writable({
  write(line: Buffer, _, done) {
    errors.push(line.toString());
    done();
  },
});
const { hub, server } = useServer({ log, streamGraceSeconds: 0 });

interface Rpc {
  readonly path: string;
  readonly request: MessageName;
  readonly waits: boolean;
}

const rpcs: readonly Rpc[] = [serviceName, adminName].flatMap((service) =>
  schema.lookupService(service).methodsArray.map(({ name, requestType }) => ({
    path: `/${service}/${name}`,
    request: nameOf(requestType, service),
    waits: /^(Wait|GetWorkItems)/.test(name),
  })),
);

function nameOf(type: string, service: string): MessageName {
  const found = schema.lookupService(service).parent?.lookupType(type);
  return (found instanceof protobuf.Type ? found.fullName.slice(1) : type) as MessageName;
}

const ids = ['a', 'b', 'c', '@counter@1', '@counter@2', '@', 'a'.repeat(100)];
const key = fc.nat(1_000_000);
const common = { incarnation: key, partition: fc.nat(255), key };
const tokens = fc.oneof(
  fc.record({
    ...{ kind: fc.constantFrom('orchestration' as const, 'entity' as const), ...common },
    ...{ turn: fc.nat(3), dispatch: key },
  }),
  fc.record({
    kind: fc.constant('activity' as const),
    ...common,
    activityKey: key,
    taskId: key,
    attempt: key,
  }),
);
const pages = fc.oneof(
  fc
    .tuple(fc.nat(5), key, key)
    .map(([hubId, createdAt, each]) => encodeCreated(hubId, { createdAt, partition: 1, key: each })),
  fc.tuple(fc.nat(5), wireText).map(([hubId, id]) => encodeEntity(hubId, id)),
);
const texts: Readonly<Record<string, fc.Arbitrary<string>>> = {
  instanceId: fc.constantFrom(...ids),
  completionToken: tokens.map(encodeToken),
  name: fc.constantFrom('Order', 'Charge', 'go'),
  value: fc.oneof(pages, fc.constantFrom(...ids, '1', '"x"', '{"a":1}')),
};
const messages = new RandomMessages((field) => {
  const known = texts[field];
  return known ? fc.oneof({ arbitrary: known, weight: 3 }, { arbitrary: wireText, weight: 1 }) : wireText;
});

const HUBS = ['fuzz-one', 'fuzz-two', 'fuzz-three'] as const;

function headersOf({ path, waits }: Rpc): RawCall['headers'] {
  return {
    ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    ...{ taskhub: HUBS[0], 'grpc-timeout': waits ? '50m' : '8S' },
  };
}

type Kind = keyof typeof kinds;
interface Call extends RawCall {
  readonly kind: Kind;
}
type Made = Partial<RawCall> & { readonly more?: RawCall['headers'] };

/** Requests of every rpc, made once: to make them is dearer than to spoil and send them. */
const pools = new Map(
  rpcs.map(({ request }) => [
    request,
    fc.constantFrom(...fc.sample(messages.bytes(request), { seed: fuzzSeed, numRuns: 100 })),
  ]),
);
const whole = ({ request }: Rpc): fc.Arbitrary<Buffer> => must(pools.get(request), request);
/** Printable and not: what a header may hold. */
const headerText = fc
  .array(fc.oneof(fc.integer({ min: 32, max: 126 }), fc.integer({ min: 128, max: 255 })), { maxLength: 80 })
  .map((codes) => String.fromCharCode(...codes).trim());

/** What can be wrong with a call, and how such calls are made. */
const kinds = {
  'a request of the right form': (rpc) => whole(rpc).map((bytes) => ({ body: prefixed(bytes) })),
  'a damaged request': (rpc) => damaged(whole(rpc)).map((bytes) => ({ body: prefixed(bytes) })),
  'random bytes': () => anyBytes.map((bytes) => ({ body: prefixed(bytes) })),
  'bytes without a prefix': () => anyBytes.map((body) => ({ body })),
  'a flag or an encoding that is not true': (rpc) =>
    fc
      .tuple(
        whole(rpc),
        fc.nat(255),
        fc.constantFrom('gzip', 'deflate', 'identity', 'br', 'gzip, gzip', '', 'snappy'),
        fc.constantFrom((bytes: Buffer): Buffer => bytes, gzipSync, deflateSync),
      )
      .map(([bytes, flag, encoding, pack]) => ({
        body: prefixed(pack(bytes), flag % 3 === 0 ? 1 : flag),
        more: { 'grpc-encoding': encoding },
      })),
  'damaged compression': (rpc) =>
    damaged(whole(rpc).map((bytes) => gzipSync(bytes))).map((bytes) => ({
      body: prefixed(bytes, 1),
      more: { 'grpc-encoding': 'gzip' },
    })),
  'a length that is not true': (rpc) =>
    fc
      .tuple(whole(rpc), fc.oneof(fc.nat(300), fc.constantFrom(0xffffffff, 0x7fffffff, 64 * 2 ** 20, 0)))
      .map(([bytes, length]) => ({ body: prefixed(bytes, 0, length) })),
  'a message that is cut off': (rpc) =>
    fc.tuple(whole(rpc), fc.nat(), fc.constantFrom('end', 'reset', 'none')).map(([bytes, at, ending]) => {
      const all = prefixed(bytes);
      return { body: all.subarray(0, at % all.length), ending };
    }),
  'a request that is not ended': (rpc) =>
    fc
      .tuple(whole(rpc), fc.constantFrom('reset', 'none'))
      .map(([bytes, ending]) => ({ body: prefixed(bytes), ending })),
  'no message or many': (rpc) =>
    fc
      .array(whole(rpc), { maxLength: 3 })
      .map((all) => ({ body: Buffer.concat(all.map((bytes) => prefixed(bytes))) })),
  'a method that is unknown': (rpc) =>
    fc
      .tuple(
        whole(rpc),
        fc.oneof(
          fc.stringMatching(/^\/[!-~]{0,60}$/),
          fc.constantFrom(
            '/',
            '*',
            `${rpc.path}/`,
            rpc.path.toLowerCase(),
            `/x${rpc.path}`,
            '/__proto__/constructor',
          ),
        ),
      )
      .map(([bytes, path]) => ({ body: prefixed(bytes), more: { ':path': path } })),
  'odd metadata': (rpc) =>
    fc
      .tuple(
        whole(rpc),
        fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,20}(-bin)?$/), headerText, { maxKeys: 4 }),
        fc.record(
          {
            taskhub: fc.oneof(
              headerText,
              fc.constantFrom('', 'h'.repeat(65), 'x'.repeat(9_000), ' '),
              fc.constantFrom<string[]>([HUBS[0], HUBS[1]], [HUBS[0], HUBS[0]]),
            ),
            'grpc-timeout': fc.oneof(
              headerText,
              fc.constantFrom('', '0n', '-1S', '99999999H', '1', '123456789S', '5m'),
            ),
            traceparent: headerText,
            workerid: fc.oneof(headerText, fc.constant('w'.repeat(10_000))),
            'user-agent': headerText,
            'x-big': fc.nat(20_000).map((length) => 'b'.repeat(length)),
          },
          { requiredKeys: [] },
        ),
      )
      .map(([bytes, others, known]) => ({
        body: prefixed(bytes),
        more: { ...withoutReserved(others), ...known, ...(rpc.waits ? { 'grpc-timeout': '50m' } : {}) },
      })),
  'another content type or method of HTTP': (rpc) =>
    fc
      .tuple(
        whole(rpc),
        fc.constantFrom(
          '',
          'application/json',
          'application/grpc+proto',
          'application/grpc-web',
          'text/html',
          'application/grpcx',
        ),
        fc.constantFrom('POST', 'POST', 'GET', 'PUT', 'DELETE', 'OPTIONS'),
      )
      .map(([bytes, type, method]) => ({
        body: prefixed(bytes),
        more: { 'content-type': type, ':method': method },
      })),
} as const satisfies Readonly<Record<string, (rpc: Rpc) => fc.Arbitrary<Made>>>;

/** Those that HTTP/2 itself knows. */
function withoutReserved(headers: Readonly<Record<string, string>>): RawCall['headers'] {
  const reserved =
    /^(connection|upgrade|host|te|keep-alive|proxy-connection|transfer-encoding|http2-settings|content-length)$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !reserved.test(name)));
}

const kindNames = Object.keys(kinds) as Kind[];
const made = new Map<string, fc.Arbitrary<Made>>();

function callsOf(kind: Kind, rpc: Rpc): fc.Arbitrary<Made> {
  const name = `${kind} ${rpc.path}`;
  const known = made.get(name) ?? kinds[kind](rpc);
  made.set(name, known);
  return known;
}

const calls: fc.Arbitrary<Call> = fc
  .tuple(fc.constantFrom(...kindNames), fc.constantFrom(...rpcs), fc.constantFrom(...HUBS))
  .chain(([kind, rpc, taskhub]) =>
    callsOf(kind, rpc).map(({ body = Buffer.alloc(0), ending = 'end', more }) => ({
      ...{ kind, body, ending, headers: { ...headersOf(rpc), taskhub, ...more } },
    })),
  );

/** What gRPC's own library says of bytes that reach none of our code; gRPC asks for that code. */
const FROM_LIBRARY = /^(Failed to decompress message|Invalid grpc-timeout value ".*")$/s;
const DOCUMENTED: ReadonlySet<number> = new Set<number>([
  ...[status.OK, status.CANCELLED, status.INVALID_ARGUMENT, status.DEADLINE_EXCEEDED, status.NOT_FOUND],
  ...[status.ALREADY_EXISTS, status.RESOURCE_EXHAUSTED, status.FAILED_PRECONDITION, status.ABORTED],
  status.UNIMPLEMENTED,
]);

/** Calls of which HTTP/2 itself, or gRPC before any status, may have the last word. */
const MAY_LACK_STATUS: ReadonlySet<Kind> = new Set<Kind>([
  ...(['another content type or method of HTTP', 'odd metadata', 'a method that is unknown'] as const),
]);

/** What is wrong with how a call ended; undefined for nothing. */
function complaint(
  { kind, ending }: Call,
  { httpStatus, code, details, isOver }: Outcome,
): string | undefined {
  if (!isOver) return 'it did not end';
  if (code === undefined) {
    if (ending !== 'end' || MAY_LACK_STATUS.has(kind)) return undefined;
    return `it ended without a status (HTTP ${httpStatus ?? 'without one, too'})`;
  }
  if (DOCUMENTED.has(code) || isFromLibrary(code, details)) return undefined;
  return `it ended with ${status[code] ?? code}: ${details}`;
}

function isFromLibrary(code: number, details: string): boolean {
  return status[code] === 'INTERNAL' && FROM_LIBRARY.test(details);
}

function endedBy({ code }: Outcome): string {
  return code === undefined ? 'no status' : (status[code] ?? `code ${code}`);
}

const CALLS = 10_000;
const CHUNK = 500;
const AT_ONCE = 48;
/** Of JavaScript objects and buffers that live; what a call leaves behind would be there thousands of times. */
const MOST_GROWTH_BYTES = 32 * 1024 * 1024;

async function inParallel<T>(all: readonly T[], run: (one: T, at: number) => Promise<void>): Promise<void> {
  const rest = all.entries();
  const lane = async (): Promise<void> => {
    for (const [at, one] of rest) await run(one, at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function livingBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // The rest of what is external are compressors, mostly of this test.
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function shown({ kind, headers, body, ending }: Call): string {
  return `${kind}: ${JSON.stringify({ ...headers, ending })} ${body.toString('hex')}`;
}

/** An orchestration with one activity, from its start to its result. */
async function expectService(): Promise<void> {
  const orders = hub();
  const worker = await orders.worker();
  const id = await orders.start({ input: { value: '"in"' } });
  await worker.play([scheduleTask(1, 'Charge')]);
  await worker.completeActivity(await worker.activity(), { result: { value: '"done"' } });
  await worker.play([complete('"out"')]);
  const { orchestrationStatus, output } = await orders.completed(id);
  expect([orchestrationStatus, output?.value]).toEqual([statusNamed('COMPLETED'), '"out"']);
}

test(
  'ten thousand calls of which something is wrong leave the server as it was',
  { timeout: 120_000 },
  async () => {
    await expectService();
    const connections = new RawConnections({
      endpoint: server().endpoint,
      count: 6,
      patienceMs: PATIENCE_MS,
    });
    const complaints: string[] = [];
    const counts = new Map<string, number>();
    const only = process.env['PERDURA_TEST_PATH'];
    let before = 0;
    for (let from = 0; from < CALLS; from += CHUNK) {
      const chunk = fc.sample(calls, { seed: fuzzSeed + from, numRuns: CHUNK });
      await inParallel(chunk, async (call, at) => {
        if (only !== undefined && Number(only) !== from + at) return;
        const outcome = await connections.call(call);
        const ended = endedBy(outcome);
        counts.set(ended, (counts.get(ended) ?? 0) + 1);
        const wrong = complaint(call, outcome);
        if (wrong !== undefined) complaints.push(`PERDURA_TEST_PATH=${from + at}: ${wrong} ${shown(call)}`);
      });
      if (from === 3 * CHUNK) before = livingBytes();
    }
    connections.close();
    process.stdout.write(`fuzz: ${JSON.stringify(Object.fromEntries(counts))}\n`);
    expect(complaints.slice(0, 10), `with PERDURA_TEST_SEED=${fuzzSeed}`).toEqual([]);
    expect(errors).toEqual([]);
    await expectService();
    // Buffers of calls that were broken off are let go of a little later.
    await expect
      .poll(() => livingBytes() - before, { timeout: PATIENCE_MS, interval: 500 })
      .toBeLessThan(MOST_GROWTH_BYTES);
  },
);

/** Answers of the right form, of which the token alone is right. */
const ANSWERS = 150;

const responses = fc.record({
  turn: messages.bytes('OrchestratorResponse'),
  result: messages.bytes('ActivityResponse'),
  batch: messages.bytes('EntityBatchResult'),
});

/** Adds a field whose tag is one byte: of one that is there twice the last counts. */
function withToken(bytes: Buffer, tag: number, token: string): Buffer {
  return Buffer.concat([bytes, Buffer.of(tag, token.length), Buffer.from(token)]);
}

async function answer(orders: TestHub, rpc: string, bytes: Buffer): Promise<void> {
  const metadata = new Metadata();
  metadata.set('taskhub', orders.name);
  const { code, details } = await callRaw(orders.endpoint, rpc, bytes, metadata);
  const shownAnswer = `PERDURA_TEST_SEED=${fuzzSeed} ${rpc}: ${details} ${bytes.toString('hex')}`;
  expect([status.OK, status.INVALID_ARGUMENT], shownAnswer).toContain(code);
}

/** The next turn of that instance; those that random answers started end. */
async function turnOf(worker: ScriptedWorker, id: string): Promise<TurnItem> {
  for (;;) {
    const item = await worker.turn();
    if (item.instanceId === id) return item;
    await worker.answer(item, [complete()]);
  }
}

test(
  'random answers of workers leave every instance so that it can be terminated, and every entity so that it can be read',
  { timeout: 120_000 },
  async () => {
    const orders = hub();
    for (const [n, random] of fc.sample(responses, { seed: fuzzSeed, numRuns: ANSWERS }).entries()) {
      const worker = await orders.worker();
      const [one, two, entity] = [`turn-${n}`, `result-${n}`, `@random@${n}`];
      await orders.start({ instanceId: one });
      const { token: turn } = await turnOf(worker, one);
      await answer(orders, 'CompleteOrchestratorTask', withToken(random.turn, 0x22, turn));
      await orders.start({ instanceId: two });
      await worker.answer(await turnOf(worker, two), [scheduleTask(1, 'Charge')]);
      const { token: activity } = await worker.activity();
      await answer(orders, 'CompleteActivityTask', withToken(random.result, 0x2a, activity));
      await signal(orders, entity, 'add');
      const { token: batch } = await worker.batch();
      await answer(orders, 'CompleteEntityTask', withToken(random.batch, 0x2a, batch));
      worker.close();
      await orders.terminate(one);
      await orders.terminate(two);
      for (const id of [one, two]) expect((await orders.completed(id)).instanceId).toBe(id);
      await findEntity(orders, entity);
    }
    expect(errors).toEqual([]);
    await expectService();
  },
);
