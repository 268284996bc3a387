import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRequest } from '../../src/bench/answers.ts';
import { GrpcConnection } from '../../src/bench/grpc-connection.ts';
import { Processes } from '../../src/bench/processes.ts';
import { percentile } from '../../src/bench/statistics.ts';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { must } from '../../src/lib/assert.ts';
import { until } from '../helpers/until.ts';
import { LoadWorker } from '../replicas/load-worker.ts';

// One task hub floods a server and PostgreSQL with all that it can; another one goes on with the little that it does.
// What the little takes beside the flood is compared with what it took before, in the same run on the same machine.

const NEIGHBOUR = 'idle';

let processes: Processes;
beforeEach(() => {
  processes = new Processes();
});
afterEach(async () => {
  await processes[Symbol.asyncDispose]();
});

interface Took {
  readonly orchestrationsMs: readonly number[];
  readonly startsMs: readonly number[];
}

/** A hub with one worker and one client, which does one thing after the other. */
class Neighbour {
  readonly #client: TaskHubClient;
  readonly #worker: LoadWorker;
  #count = 0;

  constructor(address: string) {
    this.#client = new TaskHubClient({ address, hub: NEIGHBOUR });
    this.#worker = new LoadWorker({ from: { endpoint: address }, hub: NEIGHBOUR });
  }

  /** For so long: an orchestration of five activities, then a start of one that is not waited for. */
  async work(seconds: number): Promise<Took> {
    const [orchestrationsMs, startsMs]: [number[], number[]] = [[], []];
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
      orchestrationsMs.push(await timeOf(() => this.#chain()));
      startsMs.push(await timeOf(() => this.#start('Echo', '1')));
    }
    return { orchestrationsMs, startsMs };
  }

  async #start(name: string, input: string): Promise<string> {
    const instanceId = `neighbour-${this.#count++}`;
    await this.#client.call('StartInstance', { instanceId, name, input: { value: input } });
    return instanceId;
  }

  async #chain(): Promise<void> {
    const instanceId = await this.#start('Chain', '5');
    const request = { instanceId, getInputsAndOutputs: true };
    const { orchestrationState } = await this.#client.call('WaitForInstanceCompletion', request);
    expect(orchestrationState?.output?.value).toBe('5');
  }

  close(): void {
    this.#worker.close();
    this.#client.close();
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** How many times as long it took beside the flood, at the median and at the 99th percentile. */
function ratios(what: string, quietMs: readonly number[], besideMs: readonly number[]): number[] {
  return [0.5, 0.99].map((part) => {
    const [quiet, beside] = [percentile(quietMs, part), percentile(besideMs, part)];
    process.stdout.write(
      `${what}, ${part * 100} % within: ${quiet.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside the flood: × ${(beside / quiet).toFixed(1)}\n`,
    );
    return beside / quiet;
  });
}

async function serve(): Promise<string> {
  const { url } = await processes.postgres().ask('start', { settings: {} });
  return (await processes.server(url)).grpcAddress;
}

/** Orchestrations of all kinds that run at once, and signals that are out. */
const OUTSTANDING = 1_500;
/** Fewer than there are orchestrations: the rest waits in the database. */
const SLOTS = 100;
/**
 * On two cores for everything, which other programs may use as well. Each step of the little waits for a short batch of
 * the flood and takes two to four times as long as alone; with whole batches of the flood it took thirty times and more.
 */
const MOST = { median: 10, p99: 10 };

test('a hub that floods the server leaves a neighbour that does little its turns', async () => {
  const address = await serve();
  const flood = processes.loadWorker();
  await flood.ask('connect', { address, streams: 4, slots: SLOTS });
  const neighbour = new Neighbour(address);
  try {
    await neighbour.work(4);
    const quiet = await neighbour.work(10);
    await flood.ask('startLoad', { kind: 'mixed', concurrency: OUTSTANDING });
    await flood.ask('startLoad', { kind: 'signalsToMany', concurrency: OUTSTANDING });
    await neighbour.work(3);
    const before = await flood.ask('counters', undefined);
    const beside = await neighbour.work(15);
    const after = await flood.ask('counters', undefined);
    const [items, calls] = [after.items - before.items, after.calls - before.calls];
    process.stdout.write(`the flood: ${items} work items and ${calls} signals in 15 s\n`);
    expect(items, 'the flood goes on').toBeGreaterThan(1_000);
    const { orchestrationsMs, startsMs } = quiet;
    const chains = ratios('an orchestration of five activities', orchestrationsMs, beside.orchestrationsMs);
    const starts = ratios('a start', startsMs, beside.startsMs);
    for (const [median = NaN, p99 = NaN] of [chains, starts]) {
      expect(median).toBeLessThan(MOST.median);
      expect(p99).toBeLessThan(MOST.p99);
    }
  } finally {
    neighbour.close();
  }
});

const BURST = 40_000;

test('a hub that asks for more than may wait is refused, and its neighbour is not', async () => {
  const address = await serve();
  const refusals = new Set<string>();
  let [acknowledged, refused] = [0, 0];
  const onFailure = ({ message }: Error): void => {
    refused++;
    refusals.add(decodeURIComponent(message));
  };
  const connections = await Promise.all(
    Array.from({ length: 8 }, () => GrpcConnection.open({ address, hub: 'default' }, onFailure)),
  );
  const neighbour = new Neighbour(address);
  try {
    await neighbour.work(1);
    for (let call = 0; call < BURST; call++) {
      const connection = must(connections[call % connections.length], 'a connection');
      connection.call('StartInstance', startRequest(`burst-${call}`), () => acknowledged++);
    }
    const { startsMs } = await neighbour.work(2);
    expect(startsMs.length).toBeGreaterThan(0);
    await until(() => acknowledged + refused === BURST, 'the last answer', 60_000);
    expect(refused).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).toContain('too many writes wait for the database');
  } finally {
    neighbour.close();
  }
});
