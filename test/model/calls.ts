import { type OrchestrationStatus } from '../../src/protocol/messages.ts';
import { type EntityCall, type EntityScriptAction } from './entity-calls.ts';

/*
 * What clients and workers do, made up at random (arbitraries.ts) or written by hand (scenarios.ts). Numbers stand for what isn't known before: `target` for an
 * instance of the hub, `pick` for something that is out or open. By hand, they are ids of instances.
 */

/** 0 or 1: two task hubs of the same store, and two replicas. */
export type Index = 0 | 1;

export type Ending = 'none' | 'complete' | 'fail' | 'terminate' | 'continue' | 'continue and terminate';
/** Which events of the turn an SDK would carry over, and in which shape. */
type Carried = 'nothing' | 'copies' | 'copies in reverse' | 'names in lower case';

export type ScriptAction = EntityScriptAction | OtherScriptAction;

type OtherScriptAction = { readonly id: number } & (
  | {
      readonly kind: 'task';
      readonly name: string;
      readonly version: string | null;
      readonly input: string | null;
      readonly isTagged: boolean;
    }
  | { readonly kind: 'timer'; readonly when: 'epoch' | 'past' | 'soon' | 'late'; readonly ms: number }
  | {
      readonly kind: 'child';
      readonly target: number | string;
      readonly name: string;
      readonly version: string | null;
      readonly input: string | null;
      readonly isForgotten: boolean;
    }
  | {
      readonly kind: 'send';
      readonly target: number | string;
      readonly name: string;
      readonly data: string | null;
    }
  | {
      readonly kind: 'terminate';
      readonly target: number | string;
      readonly reason: string | null;
      readonly recurse: boolean;
    }
  | { readonly kind: 'unknown' }
);

export interface Script {
  readonly actions: readonly ScriptAction[];
  readonly ending: Ending;
  readonly result: string | null;
  readonly newVersion: string | null;
  readonly carried: Carried;
  readonly customStatus: string | null;
  readonly isTraced: boolean;
  /** 0: all. */
  readonly eventsProcessed: number;
}

/** How an answer travels: in one part or in several, each to a replica. */
export interface Delivery {
  readonly replicas: readonly Index[];
  readonly order: 'in order' | 'last first' | 'first twice';
  readonly hasToken: boolean;
}

/** An answer that does nothing; and one that completes. */
export const NOTHING: Script = {
  ...{ actions: [], ending: 'none', result: null, newVersion: null, carried: 'nothing', customStatus: null },
  ...{ isTraced: false, eventsProcessed: 0 },
};
export const COMPLETE: Script = { ...NOTHING, ending: 'complete' };
/** In one part, to replica 0. */
export const WHOLE: Delivery = { replicas: [0], order: 'in order', hasToken: true };

interface Control {
  readonly replica: Index;
  readonly target: number | string;
  readonly reason: string | null;
}

/** With a token that proves nothing. */
interface Bogus {
  readonly replica: Index;
  readonly pick: number | string;
  readonly token: 'dead' | 'mangled' | 'nonsense' | 'of the other hub';
}

interface Batch {
  readonly replica: Index;
  readonly targets: readonly (number | string)[];
}

/** Which instances of a hub. */
interface Filter {
  /** None: whatever their status. */
  readonly statuses: readonly OrchestrationStatus[];
  /** Whose moment is where the window begins or ends, and which of the two; null: no window. */
  readonly bound: { readonly pick: number; readonly isFrom: boolean } | null;
}

/** In pages that are by turns of this size and one larger, asked by turns of both replicas. */
interface Pages extends Filter {
  readonly replica: Index;
  readonly pageSize: number;
}

export type Call = EntityCall | OtherCall;

export type OtherCall = { readonly hub: Index } & (
  | {
      readonly kind: 'start';
      readonly replica: Index;
      readonly target: number | string;
      readonly hasId: boolean;
      readonly name: string;
      readonly version: string | null;
      readonly input: string | null;
      readonly isTagged: boolean;
      readonly hasExecutionId: boolean;
      readonly schedule: 'none' | 'epoch' | 'soon' | 'late';
      readonly replaceable: readonly OrchestrationStatus[] | null;
    }
  | {
      readonly kind: 'raise';
      readonly target: number | string;
      readonly events: readonly {
        readonly replica: Index;
        readonly name: string;
        readonly input: string | null;
      }[];
    }
  | {
      readonly kind: 'terminate';
      readonly replica: Index;
      readonly target: number | string;
      readonly output: string | null;
      readonly recurse: boolean;
    }
  | ({ readonly kind: 'suspend' } & Control)
  | ({ readonly kind: 'resume' } & Control)
  | {
      readonly kind: 'read';
      readonly replica: Index;
      readonly target: number | string;
      readonly withPayloads: boolean;
    }
  | {
      readonly kind: 'wait';
      readonly replica: Index;
      readonly target: number | string;
      readonly until: 'started' | 'completed';
    }
  | {
      readonly kind: 'answer';
      readonly pick: number | string;
      readonly script: Script;
      readonly delivery: Delivery;
    }
  | ({ readonly kind: 'bogus answer' } & Bogus)
  | ({ readonly kind: 'bogus result' } & Bogus)
  | { readonly kind: 'abandon turn'; readonly replica: Index; readonly pick: number | string }
  | { readonly kind: 'abandon activity'; readonly replica: Index; readonly pick: number | string }
  | {
      readonly kind: 'complete activity';
      readonly replica: Index;
      readonly pick: number | string;
      readonly result: string | null;
      readonly hasFailed: boolean;
      readonly hasToken: boolean;
    }
  | { readonly kind: 'open'; readonly replica: Index; readonly filters: number; readonly limit: number }
  | { readonly kind: 'lose'; readonly pick: number | string }
  | {
      readonly kind: 'restart';
      readonly replica: Index;
      readonly target: number | string;
      /** Under an id of its own. */
      readonly isBeside: boolean;
    }
  | {
      readonly kind: 'rewind';
      readonly replica: Index;
      readonly target: number | string;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'purge';
      readonly replica: Index;
      readonly target: number | string;
      readonly recurse: boolean;
      /** As .NET says it: an instance that goes on is an error. */
      readonly isOrchestration: boolean;
    }
  | ({ readonly kind: 'purge batch'; readonly recurse: boolean } & Batch)
  | ({ readonly kind: 'purge all'; readonly replica: Index; readonly recurse: boolean } & Filter)
  | ({ readonly kind: 'terminate batch'; readonly reason: string | null } & Batch)
  | ({ readonly kind: 'query'; readonly prefix: string; readonly withPayloads: boolean } & Pages)
  | ({ readonly kind: 'list ids' } & Pages)
  | { readonly kind: 'list hubs'; readonly replica: Index }
  | {
      readonly kind: 'read history';
      readonly replica: Index;
      readonly target: number | string;
      readonly execution: 'not said' | 'current' | 'unknown';
      readonly isForWorker: boolean;
    }
  | { readonly kind: 'let time pass' }
  | { readonly kind: 'let abandoned work return' }
);

type KindOf = Call['kind'];
export type CallOf<Kind extends KindOf> = Extract<Call, { readonly kind: Kind }>;

/** Calls side by side: of one list one after the other, of several at the same time. */
export type Lanes = readonly (readonly Call[])[];

/** What each hub's first worker is like. */
export interface FirstStream {
  readonly replica: Index;
  readonly filters: number;
  readonly limit: number;
}
