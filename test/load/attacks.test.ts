import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { peakResidentBytes } from '../../src/bench/memory.ts';
import { Processes } from '../../src/bench/processes.ts';
import { TaskHubClient } from '../../src/grpc/client.ts';
import { Attacker, flags, headerBomb, manyHeaders } from './attackers.ts';

// Clients without a credential that want the server to fall, or others to wait: it goes on, in bounded memory, and cuts
// them off.

const HUB = 'idle';
const MB = 1024 * 1024;
/** A good client's call is answered within this, whatever others do. */
const PATIENCE_MS = 3_000;

let processes: Processes;
const attackers: Attacker[] = [];
beforeEach(() => {
  processes = new Processes();
});
afterEach(async () => {
  for (const attacker of attackers.splice(0)) attacker.close();
  await processes[Symbol.asyncDispose]();
});

async function serve() {
  const { url } = await processes.postgres().ask('start', { settings: {} });
  const { pid, grpcAddress: address } = await processes.server(url);
  const good = new GoodClient(address);
  await good.call();
  return { pid, address, good };
}

/** Starts one instance after the other while others attack. */
class GoodClient {
  readonly #client: TaskHubClient;
  #count = 0;
  slowestMs = 0;

  constructor(address: string) {
    this.#client = new TaskHubClient({ address, hub: HUB });
  }

  async call(): Promise<void> {
    const begin = performance.now();
    const instanceId = `good-${this.#count++}`;
    await this.#client.call('StartInstance', { instanceId, name: 'Order' }, { timeoutMs: 20_000 });
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begin);
  }

  /** Until the attack is over. */
  async during(attack: Promise<void>): Promise<void> {
    const ended = attack.then(() => 'ended');
    this.slowestMs = 0;
    do await this.call();
    while ((await Promise.race([ended, pause(20)])) === undefined);
  }

  close(): void {
    this.#client.close();
  }
}

async function attack(address: string, greeting?: 'none' | 'half' | 'all'): Promise<Attacker> {
  const attacker = await Attacker.connect(address, greeting);
  attackers.push(attacker);
  return attacker;
}

function report(what: string, { slowestMs }: GoodClient, grownBytes: number): void {
  process.stdout.write(
    `${what}: a call of a good client took ${slowestMs.toFixed(0)} ms at most, memory grew by ${(grownBytes / MB).toFixed(0)} MB\n`,
  );
}

test('ten thousand connections that say nothing, half a greeting or half a call are cut off', async () => {
  const { pid, address, good } = await serve();
  const before = peakResidentBytes(pid);
  await good.during(
    (async () => {
      for (let i = 0; i < 10_000; i++) {
        const attacker = await attack(address, (['none', 'half', 'all'] as const)[i % 3]);
        if (i % 3 === 2) attacker.begin(undefined, flags.none);
      }
      const end = performance.now() + 60_000;
      while (attackers.some((attacker) => !attacker.isCutOff) && performance.now() < end) await pause(500);
    })(),
  );
  const grown = peakResidentBytes(pid) - before;
  report('half-open connections', good, grown);
  expect(attackers.filter((attacker) => !attacker.isCutOff)).toHaveLength(0);
  expect(good.slowestMs).toBeLessThan(PATIENCE_MS);
  expect(grown).toBeLessThan(600 * MB);
});

test('calls that are begun and reset as fast as can be end their connection', async () => {
  const { pid, address, good } = await serve();
  const before = peakResidentBytes(pid);
  let cutOff = 0;
  await good.during(
    (async () => {
      for (const end = performance.now() + 10_000; performance.now() < end;) {
        const attacker = await attack(address);
        for (let calls = 0; calls < 20_000 && !attacker.isCutOff; calls++) {
          attacker.reset(attacker.begin());
          if (calls % 100 === 0) {
            await attacker.drained();
            await pause(0);
          }
        }
        if (attacker.isCutOff) cutOff++;
        attacker.close();
      }
    })(),
  );
  const grown = peakResidentBytes(pid) - before;
  report(`${attackers.length} floods of resets, ${cutOff} cut off`, good, grown);
  expect(cutOff).toBeGreaterThan(0);
  expect(good.slowestMs).toBeLessThan(PATIENCE_MS);
  expect(grown).toBeLessThan(300 * MB);
});

test('headers that are too large, too many, never end or unfold to gigabytes cost next to nothing', async () => {
  const { pid, address, good } = await serve();
  const before = peakResidentBytes(pid);
  const bombs: ((attacker: Attacker) => void)[] = [
    (attacker) => attacker.begin(manyHeaders(1_000, 10)),
    (attacker) => attacker.begin(manyHeaders(1, 16_000)),
    (attacker) => attacker.begin(headerBomb(12_000, 4_000)),
    (attacker) => {
      const stream = attacker.begin(undefined, flags.none);
      for (let i = 0; i < 1_000; i++) attacker.goOn(stream, manyHeaders(100, 100));
    },
  ];
  await good.during(
    (async () => {
      for (let round = 0; round < 50; round++) {
        for (const bomb of bombs) {
          const attacker = await attack(address);
          bomb(attacker);
          await attacker.drained();
        }
      }
      await pause(2_000);
    })(),
  );
  const grown = peakResidentBytes(pid) - before;
  report('header bombs', good, grown);
  expect(good.slowestMs).toBeLessThan(PATIENCE_MS);
  expect(grown).toBeLessThan(300 * MB);
});

test('requests that trickle in, or never end, are given up, however alive their connection is', async () => {
  const { pid, address, good } = await serve();
  const before = peakResidentBytes(pid);
  const SILENT = 5_000;
  const [silent, slow] = [await attack(address), await attack(address)];
  const stream = slow.begin();
  await good.during(
    (async () => {
      for (let i = 0; i < SILENT; i++) silent.begin();
      slow.send(stream, Buffer.from([0, 0, 0, 200, 0]));
      const areGivenUp = (): boolean => slow.resetStreams.has(stream) && silent.resetStreams.size === SILENT;
      for (const end = performance.now() + 90_000; performance.now() < end && !areGivenUp();) {
        slow.send(stream, Buffer.from([0]));
        await pause(500);
      }
    })(),
  );
  const grown = peakResidentBytes(pid) - before;
  report('requests that never end', good, grown);
  expect(slow.resetStreams).toContain(stream);
  expect(silent.resetStreams.size).toBe(SILENT);
  expect(slow.isCutOff || silent.isCutOff, 'their connections live').toBe(false);
  expect(good.slowestMs).toBeLessThan(PATIENCE_MS);
  expect(grown).toBeLessThan(200 * MB);
});

test('more of them than there is room for are given up at once', async () => {
  const { pid, address, good } = await serve();
  const before = peakResidentBytes(pid);
  const given = (): number => attackers.reduce((sum, { resetStreams }) => sum + resetStreams.size, 0);
  await good.during(
    (async () => {
      for (let connections = 0; connections < 10; connections++) {
        const attacker = await attack(address);
        for (let calls = 0; calls < 10_000; calls++) attacker.begin();
        await attacker.drained();
      }
      for (const end = performance.now() + 20_000; performance.now() < end && given() < 75_000;) {
        await pause(100);
      }
    })(),
  );
  const grown = peakResidentBytes(pid) - before;
  report(`100,000 begun calls, ${given()} given up`, good, grown);
  expect(given()).toBeGreaterThanOrEqual(75_000);
  expect(good.slowestMs).toBeLessThan(10_000);
  expect(grown).toBeLessThan(600 * MB);
});
