import { failureOf, type Request, type Response, type UnaryName } from '../../src/grpc/client.ts';
import { type Planned } from '../replicas/load.ts';
import { type RoundRobin } from '../replicas/round-robin.ts';

// What clients know. Of a call that nobody answered they know nothing: it is counted as unknown, and both are right.

export interface Tally {
  readonly acknowledged: number;
  readonly unknown: number;
}

/** How an orchestration ended, as its client saw it. */
export interface Ending {
  readonly status: string;
  readonly output: string | undefined;
  /** Why it failed. */
  readonly failure: string | undefined;
  /** Since before it was first asked for. */
  readonly afterMs: number;
}

type Outcome<Reply> =
  | { readonly is: 'acknowledged'; readonly reply: Reply }
  | { readonly is: 'refused' | 'unknown'; readonly code: string; readonly details: string };

/** How the server's own words begin when nothing was done. Our own channel says UNAVAILABLE too, when it broke. */
const refusals = /^(the (database|server|instance) |this incarnation |too many writes |no fresh keys)/;

/** What docs/operations.md says that these calls may end with while things break. DEADLINE_EXCEEDED is our own doing. */
const always = ['UNAVAILABLE', 'DEADLINE_EXCEEDED'];
const documented: Readonly<Partial<Record<UnaryName, readonly string[]>>> = {
  StartInstance: ['UNKNOWN', 'ALREADY_EXISTS'],
  RaiseEvent: ['UNKNOWN'],
  SignalEntity: ['UNKNOWN'],
};

export function isDocumented(rpc: UnaryName, code: string): boolean {
  return always.includes(code) || (documented[rpc]?.includes(code) ?? false);
}

export class Ledger {
  /** Orchestrations whose start was acknowledged. */
  readonly accepted = new Map<string, Planned>();
  readonly endings = new Map<string, Ending>();
  /** By instance and name: `id/name`. */
  readonly events = new Map<string, Tally>();
  /** By entity. */
  readonly signals = new Map<string, Tally>();
  /** How often a call ended with a status: `rpc STATUS`. */
  readonly statuses = new Map<string, number>();
  /** What no client should ever see. */
  readonly surprises: string[] = [];

  /** Makes a call once. */
  async call<Name extends UnaryName>(
    client: RoundRobin,
    rpc: Name,
    request: Request<Name>,
    timeoutMs: number,
  ): Promise<Outcome<Response<Name>>> {
    try {
      const reply = await client.call(rpc, request, { timeoutMs });
      this.#saw(rpc, 'OK');
      return { is: 'acknowledged', reply };
    } catch (error) {
      const failure = failureOf(error);
      if (!failure) throw error;
      const { code, details } = failure;
      this.#saw(rpc, code);
      if (!isDocumented(rpc, code)) this.surprises.push(`I12 ${rpc} ended with ${code}: ${details}`);
      return { is: code === 'UNAVAILABLE' && refusals.test(details) ? 'refused' : 'unknown', code, details };
    }
  }

  sentEvent(id: string, name: string, tally: Tally): void {
    this.events.set(`${id}/${name}`, tally);
  }

  signalled(entity: string, tally: Tally): void {
    const { acknowledged, unknown } = this.signals.get(entity) ?? { acknowledged: 0, unknown: 0 };
    this.signals.set(entity, {
      acknowledged: acknowledged + tally.acknowledged,
      unknown: unknown + tally.unknown,
    });
  }

  #saw(rpc: string, status: string): void {
    const key = `${rpc} ${status}`;
    this.statuses.set(key, (this.statuses.get(key) ?? 0) + 1);
  }
}
