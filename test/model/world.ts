import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isEntityId } from '../../src/domain/entity-id.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { fromMicros } from '../../src/domain/time.ts';
import { type OrchestrationState, type Timestamp } from '../../src/protocol/messages.ts';
import { PATIENCE_MS } from '../helpers/scripted-worker.ts';
import { type FirstStream, type Lanes } from './calls.ts';
import { endAll } from './ending.ts';
import { read, type ShownEntity } from './entity-effects.ts';
import { messageOf, show } from './mismatch.ts';
import { type Operation, operationsOf } from './operations.ts';
import { Oracle, type Reply, type Target } from './oracle.ts';
import { interleavings, startings, tryOrder } from './orders.ts';
import { type Coverage, type Outcome } from './outcomes.ts';
import { RealHubs, type Servers, type Wait } from './real-hubs.ts';
import { type Observation, settle } from './settle.ts';
import { compareStates } from './states.ts';

/** What all worlds share. */
export interface Surroundings extends Servers {
  readonly coverage: Coverage;
  /** How long the server may take to be where it must be. */
  patienceMs: number;
}

const LOOK_AGAIN_MS = 5;
const COMPARE_ALL_EVERY = 12;

/** What is one operation to the oracle and several commits to the server: others see states in between. */
const severalSteps: readonly Outcome[] = [
  'a start ended a running holder and replaced it',
  'an orchestration terminated another',
];

/** The real servers, beside the oracle that says where they should be. */
export class World {
  oracle = new Oracle();
  readonly real: RealHubs;
  readonly #around: Surroundings;
  /** What was done, for people. */
  readonly #log: string[] = [];
  /** How long each step took until the server was quiet, but for those that wait for a time. */
  readonly tookMs: number[] = [];

  private constructor(around: Surroundings, real: RealHubs) {
    this.#around = around;
    this.real = real;
  }

  static async open(around: Surroundings, first: readonly [FirstStream, FirstStream]): Promise<World> {
    const world = new World(around, await RealHubs.open(around));
    for (const hub of [0, 1] as const) await world.step([[{ kind: 'open', hub, ...first[hub] }]]);
    return world;
  }

  close(): void {
    this.real.close();
  }

  /** False when there was nothing to do. */
  async step(lanes: Lanes): Promise<boolean> {
    const operations = this.operations(lanes);
    if (operations.length > 0) await this.#perform(operations);
    return operations.length > 0;
  }

  /** The operations that there is something to do for. */
  operations(lanes: Lanes): Operation[][] {
    const { oracle, real } = this;
    const isAlone = lanes.flat().length === 1;
    return lanes
      .map((lane) => lane.flatMap((call) => operationsOf(call, { oracle, real, isAlone })))
      .filter((lane) => lane.length > 0);
  }

  /** Ends what can be ended, and checks that the rest has a reason to go on. */
  async finish(): Promise<void> {
    await this.#compareThese(this.#instances());
    const left = await endAll(this);
    if (left.length > 0) throw this.#failure([`these never end: ${left.join()}`]);
    await this.#compareThese(this.#instances());
  }

  /** Does it, lets the oracle do it in each order that is possible, and waits until the server is where one of them is. */
  async #perform(lanes: readonly (readonly Operation[])[]): Promise<void> {
    const operations = lanes.flat();
    this.#log.push(lanes.map((lane) => lane.map(({ text }) => text).join('; ')).join(' ‖ '));
    const [before, beganMs] = [now(), performance.now()];
    const replies = new Map<Operation, Reply>();
    await Promise.all(
      lanes.map(async (lane) => {
        for (const operation of lane) replies.set(operation, await operation.call());
      }),
    );
    const moments = operations.some(({ isTimed }) => isTimed) ? [before, now()] : [now()];
    const tried = startings(this.oracle).flatMap((oracle) =>
      [...interleavings(lanes)].flatMap((order) =>
        moments.flatMap((moment) => tryOrder(oracle, { order, replies, moment })),
      ),
    );
    await this.#settle(tried, operations);
    if (operations.every(({ require }) => !require)) this.tookMs.push(performance.now() - beganMs);
    const isExact = operations.length === 1 && !severalSteps.some((it) => this.oracle.outcomes.includes(it));
    await this.#checkWaits(isExact);
    const isAll = this.oracle.settlements % COMPARE_ALL_EVERY === 0;
    await this.#compareThese(isAll ? this.#instances() : operations.flatMap(({ touches }) => touches));
    this.#around.coverage.add(this.oracle.outcomes);
    this.oracle.outcomes = [];
  }

  /** Waits until the server is where one of the oracles is. */
  async #settle(tried: readonly (Oracle | string)[], operations: readonly Operation[]): Promise<void> {
    const refused = tried.filter((it) => typeof it === 'string');
    const candidates = tried.filter((it) => typeof it !== 'string');
    const untilMs = performance.now() + this.#around.patienceMs;
    for (;;) {
      const { items } = this.real;
      const observation = { items, rows: await this.real.rows(), streams: this.real.streams };
      const results = candidates.map((it) => trySettle(it.clone(), observation, operations));
      const found = results.find((it) => typeof it !== 'string');
      if (found) {
        this.real.items = this.real.items.slice(items.length);
        this.oracle = found;
        return;
      }
      if (candidates.length === 0 || performance.now() > untilMs) {
        throw this.#failure([...refused, ...results.filter((it) => typeof it === 'string')]);
      }
      await this.real.changed(LOOK_AGAIN_MS);
    }
  }

  /** `isExact`: the oracle knows every state that there was on the way. */
  async #checkWaits(isExact: boolean): Promise<void> {
    const going: Wait[] = [];
    for (const wait of this.real.waits) if (!(await this.#hasEnded(wait, isExact))) going.push(wait);
    this.real.waits = going;
  }

  async #hasEnded(wait: Wait, isExact: boolean): Promise<boolean> {
    const { id, until, ended } = wait;
    const row = this.oracle.find(wait);
    const isOver = row && (until === 'started' ? row.status !== 'pending' : isTerminal(row.status));
    const what = `the wait until '${id}' has ${until}`;
    if (isOver) await Promise.race([ended, pause(PATIENCE_MS, undefined, { ref: false })]);
    if (wait.state === undefined) {
      if (isOver) throw this.#failure([`${what} goes on`]);
      this.oracle.saw('a wait went on');
      return false;
    }
    this.oracle.saw(until === 'started' ? 'a wait for a start ended' : 'a wait for a completion ended');
    if (!isExact) return true;
    if (!isOver) throw this.#failure([`${what} ended too soon`]);
    this.#compareState(wait, wait.state);
    return true;
  }

  #instances(): readonly Target[] {
    return [...this.oracle.store.instances.values(), ...this.oracle.entities.values()];
  }

  /** Of each, what a client is shown at one of the replicas. */
  async #compareThese(these: readonly Target[]): Promise<void> {
    await Promise.all(
      these.map(async (target, n) => {
        const hub = target.hubId === this.real.hubId(0) ? 0 : 1;
        const replica = (this.oracle.settlements + n) % this.#around.replicas.length;
        if (isEntityId(target.id)) {
          this.#compareEntity(target, await this.real.findEntity(hub, replica, target.id));
          return;
        }
        this.#compareState(target, await this.real.find(hub, replica, target.id, true));
      }),
    );
  }

  #compareState(target: Target, is: OrchestrationState | null): void {
    try {
      compareStates(target.id, is, this.oracle.read(target, true));
    } catch (error) {
      throw this.#failure([messageOf(error)]);
    }
  }

  /** Signals that have become due meanwhile may have come to it. */
  #compareEntity(target: Target, is: ShownEntity | null): void {
    const possible = startings(this.oracle).map((oracle) => read(oracle, target));
    if (possible.some((should) => isDeepStrictEqual(is, should))) return;
    throw this.#failure([`the entity '${target.id}' is ${show(is)}, not ${show(possible)}`]);
  }

  #failure(problems: readonly string[]): Error {
    const story = this.#log.map((line, n) => `${n + 1}. ${line}`);
    return new Error([...new Set(problems), 'after', ...story].join('\n'));
  }
}

/** The oracle that has learned where the server is, or why the server is elsewhere. */
function trySettle(
  oracle: Oracle,
  observation: Observation,
  operations: readonly Operation[],
): Oracle | string {
  try {
    settle(oracle, observation);
    for (const operation of operations) operation.require?.(oracle);
    return oracle;
  } catch (error) {
    return messageOf(error);
  }
}

function now(): Timestamp {
  return fromMicros(Date.now() * 1000);
}
