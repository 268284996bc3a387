import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Request } from '../../src/grpc/client.ts';
import { draw } from '../replicas/drawn.ts';
import { drawSection } from '../replicas/entity-worker.ts';
import { type Kind, kinds, plan, type Planned } from '../replicas/load.ts';
import { type RoundRobin } from '../replicas/round-robin.ts';
import { type Ledger, type Tally } from './ledger.ts';
import { type Random } from './random.ts';

/** Clients that each do one thing after the other. */
const LANES = 16;
const REST_MS = 200;
const CALL_MS = 5_000;
const WAIT_MS = 10_000;
const AGAIN_MS = 100;
const COUNTERS = 6;

const moreKinds: readonly Kind[] = [
  ...kinds,
  ['Sleep', '2500', '2501'],
  ['Retry', '', '4'],
  ['Listen', '6', 'e1,e2,e3,e4,e5,e6', ['e1', 'e2', 'e3', 'e4', 'e5', 'e6']],
];

/** The load stops although something has not happened yet. */
class GaveUp extends Error {}

/** Who does what, and what is expected of it. What it was told goes into the ledger. */
export class Load {
  readonly #client: RoundRobin;
  readonly #ledger: Ledger;
  readonly #random: Random;
  #count = 0;
  #isStopping = false;
  #hasGivenUp = false;
  #over: Promise<unknown> = Promise.resolve();

  constructor(client: RoundRobin, ledger: Ledger, random: Random) {
    this.#client = client;
    this.#ledger = ledger;
    this.#random = random;
  }

  start(): void {
    this.#over = Promise.all(Array.from({ length: LANES }, () => this.#lane()));
    // Whoever stops the load is told.
    this.#over.catch(() => undefined);
  }

  /** Begins nothing new; resolves when everything has ended, or so much later. */
  async stop(patienceMs: number): Promise<void> {
    this.#isStopping = true;
    const timer = setTimeout(() => {
      this.#hasGivenUp = true;
    }, patienceMs);
    await this.#over;
    clearTimeout(timer);
  }

  /** One more, beside whatever goes on. */
  also(what: Omit<Planned, 'id' | 'events'>): void {
    const id = `${what.name.toLowerCase()}-${this.#count++}`;
    const extra = this.#run({ ...what, id, events: [] }).catch(unlessGivenUp);
    this.#over = Promise.all([this.#over, extra]);
    this.#over.catch(() => undefined);
  }

  async #lane(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await pause(this.#random.between(0, REST_MS));
        await this.#doOneThing();
      } catch (error) {
        unlessGivenUp(error);
      }
    }
  }

  async #doOneThing(): Promise<void> {
    const what = this.#random.between(1, 10);
    const section: Kind = ['Section', JSON.stringify(drawSection(this.#random.next)), '"done"'];
    if (what <= 3) await this.#signal();
    else if (what <= 6) await this.#run(draw(`drawn-${this.#count++}`, this.#random.next));
    else await this.#run(plan(this.#count++, what === 7 ? section : this.#random.pick(moreKinds)));
  }

  async #run(planned: Planned): Promise<void> {
    const { id: instanceId, name, input, events } = planned;
    const begin = performance.now();
    // Of a start that is repeated the first one may come after the end, and begin it anew unless it is told not to.
    const orchestrationIdReusePolicy = { replaceableStatus: [] };
    const request = { instanceId, name, input: { value: input }, orchestrationIdReusePolicy };
    await this.#persist('StartInstance', request);
    this.#ledger.accepted.set(instanceId, planned);
    for (const event of events) {
      await pause(this.#random.between(0, REST_MS));
      const tally = await this.#persist('RaiseEvent', { instanceId, name: event, input: null });
      this.#ledger.sentEvent(instanceId, event, tally);
    }
    await this.#end(planned, begin);
  }

  async #end({ id: instanceId }: Planned, begin: number): Promise<void> {
    for (;;) {
      const request = { instanceId, getInputsAndOutputs: true };
      const answer = await this.#ledger.call(this.#client, 'WaitForInstanceCompletion', request, WAIT_MS);
      const state = answer.is === 'acknowledged' ? answer.reply.orchestrationState : null;
      if (state) {
        this.#ledger.endings.set(instanceId, {
          status: state.orchestrationStatus,
          output: state.output?.value,
          failure: state.failureDetails?.errorMessage,
          afterMs: performance.now() - begin,
        });
        return;
      }
      await this.#again();
    }
  }

  /** A few signals to one counter. Who does not know what became of one gives up, or repeats it, which counts once. */
  async #signal(): Promise<void> {
    const instanceId = `@counter@${this.#random.between(1, COUNTERS)}`;
    for (let left = this.#random.between(1, 4); left > 0; left--) {
      const request = { instanceId, name: 'add', requestId: randomUUID() };
      const { is } = await this.#ledger.call(this.#client, 'SignalEntity', request, CALL_MS);
      if (is !== 'acknowledged' && this.#random.between(0, 1) === 0) {
        this.#ledger.signalled(instanceId, { acknowledged: 0, unknown: 1 });
        continue;
      }
      if (is !== 'acknowledged') await this.#repeated(instanceId, request);
      this.#ledger.signalled(instanceId, { acknowledged: 1, unknown: 0 });
    }
  }

  async #repeated(entity: string, request: Request<'SignalEntity'>): Promise<void> {
    try {
      await this.#persist('SignalEntity', request);
    } catch (error) {
      this.#ledger.signalled(entity, { acknowledged: 0, unknown: 1 });
      throw error;
    }
  }

  /** Repeats a call until it is acknowledged. Returns how often that may have happened. */
  async #persist(
    rpc: 'StartInstance' | 'RaiseEvent' | 'SignalEntity',
    request: Request<'StartInstance'> & Request<'RaiseEvent'> & Request<'SignalEntity'>,
  ): Promise<Tally> {
    const refusals: string[] = [];
    for (let unknown = 0; ;) {
      const outcome = await this.#ledger.call(this.#client, rpc, request, CALL_MS);
      if (outcome.is === 'acknowledged') return { acknowledged: 1, unknown };
      if (outcome.code === 'ALREADY_EXISTS') {
        if (unknown === 0) this.#existed(String(request.instanceId), refusals);
        return { acknowledged: 1, unknown };
      }
      if (outcome.is === 'unknown') unknown++;
      else refusals.push(outcome.details);
      await this.#again();
    }
  }

  /** Nobody can have started it: every call before was refused, if there was any. */
  #existed(id: string, refusals: readonly string[]): void {
    const said =
      refusals.length === 0 ? 'this was its first start' : `it was only refused: ${refusals.join('; ')}`;
    this.#ledger.surprises.push(`I1 ${id} existed although ${said}`);
  }

  async #again(): Promise<void> {
    if (this.#hasGivenUp) throw new GaveUp();
    await pause(AGAIN_MS);
  }
}

function unlessGivenUp(error: unknown): void {
  if (!(error instanceof GaveUp)) throw error;
}
