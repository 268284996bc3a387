import { setTimeout as pause } from 'node:timers/promises';
import { type ServiceError, status } from '@grpc/grpc-js';
import { type Request, type UnaryName } from '../../src/grpc/client.ts';
import { type RoundRobin } from './round-robin.ts';

/** One orchestration of a load and what must become of it. */
export interface Planned {
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly output: string;
  /** It fails, and so says the reason among other things. */
  readonly failure?: string;
  /** It is terminated, and its output says why. */
  readonly isTerminated?: boolean;
  /** Events that are raised for it, one after the other. */
  readonly events: readonly string[];
}

export type Kind = readonly [name: string, input: string, output: string, events?: readonly string[]];

export const kinds: readonly Kind[] = [
  ['Chain', '5', '5'],
  ['FanOut', '6', '27'],
  ['Chain', '5', '5'],
  ['Sleep', '300', '301'],
  ['Chain', '5', '5'],
  ['Family', '3', '6'],
  ['Chain', '5', '5'],
  ['Listen', '3', 'e1,e2,e3', ['e1', 'e2', 'e3']],
  ['Chain', '5', '5'],
  ['Again', '{"left":3,"total":"0"}', '3'],
];

/** So many orchestrations: half of them chains of five activities, the rest of every other kind. */
export function planLoad(count: number): Planned[] {
  return Array.from({ length: count }, (_, i) => plan(i, kinds[i % kinds.length] ?? ['Chain', '5', '5']));
}

export function plan(i: number, [name, input, output, events = []]: Kind): Planned {
  return { id: `${name.toLowerCase()}-${i}`, name, input, output, events };
}

/** What clients know about a load that they put on servers. */
export class Load {
  readonly planned: readonly Planned[];
  /** How often each event was sent, because nobody said whether it had arrived: `id/name`. */
  readonly sent = new Map<string, number>();
  /** Names of the statuses other than OK that clients got. */
  readonly refusals = new Set<string>();
  readonly #client: RoundRobin;

  constructor(client: RoundRobin, planned: readonly Planned[]) {
    this.#client = client;
    this.planned = planned;
  }

  /** Starts all of them and raises their events; calls whose outcome is not known are repeated. */
  async put(): Promise<void> {
    await Promise.all(this.planned.map((one) => this.#put(one)));
  }

  async #put({ id, name, input, events }: Planned): Promise<void> {
    await this.#call('StartInstance', { instanceId: id, name, input: { value: input } });
    for (const event of events) {
      const attempts = await this.#call('RaiseEvent', { instanceId: id, name: event, input: null });
      this.sent.set(`${id}/${event}`, attempts);
    }
  }

  /** Returns how often it was sent. */
  async #call<Name extends UnaryName>(name: Name, request: Request<Name>): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#client.call(name, request, { timeoutMs: 5_000 });
        return attempt;
      } catch (error) {
        if (this.#client.isClosed) throw error;
        const { code } = error as ServiceError;
        if (code === status.ALREADY_EXISTS && attempt > 1) return attempt;
        this.refusals.add(status[code]);
        await pause(100);
      }
    }
  }
}
