import { type Index, type ScriptAction } from './calls.ts';

/*
 * What is done to entities. Numbers stand for what isn't known before: `entity` for one of a few ids, `pick` for something
 * that is out or was sent. By hand, they are ids of entities.
 */

export type SignalTime = 'now' | 'past' | 'soon' | 'late';

/** What an orchestration says to entities. */
export type EntityScriptAction = { readonly id: number } & (
  | { readonly kind: 'signal'; readonly entity: number | string; readonly when: SignalTime }
  | { readonly kind: 'call'; readonly entity: number | string }
  | { readonly kind: 'lock'; readonly entities: readonly (number | string)[] }
  /** Of an entity of one of its sections. */
  | { readonly kind: 'unlock'; readonly pick: number | string }
);

export function isForEntity(action: ScriptAction): action is EntityScriptAction {
  return ['signal', 'call', 'lock', 'unlock'].includes(action.kind);
}

/** What an operation of an entity asks for. */
export type OperationScript =
  | { readonly kind: 'signal'; readonly entity: number | string; readonly when: SignalTime }
  | { readonly kind: 'start'; readonly target: number | string }
  | { readonly kind: 'impossible' };

export interface BatchScript {
  /** Results for so many operations; 0: for all. */
  readonly done: number;
  /** Which of them fail: every second, or none. */
  readonly hasFailures: boolean;
  /** Null: the entity is deleted. */
  readonly state: string | null;
  readonly actions: readonly OperationScript[];
  /** Instead of results. */
  readonly problem: 'none' | 'failed' | 'wants the state' | 'no results';
}

export type Deed =
  | {
      readonly kind: 'signal';
      readonly entity: number | string;
      readonly name: string;
      readonly input: string | null;
      readonly when: SignalTime;
      readonly hasRequestId: boolean;
      /** At both replicas at the same time. */
      readonly isDoubled: boolean;
    }
  | { readonly kind: 'repeat a signal'; readonly pick: number }
  | { readonly kind: 'complete a batch'; readonly pick: number | string; readonly script: BatchScript }
  | { readonly kind: 'abandon a batch'; readonly pick: number | string }
  | {
      readonly kind: 'bogus answer to a batch';
      readonly pick: number;
      readonly token: 'dead' | 'mangled' | 'of the other hub' | 'of a turn';
    }
  | { readonly kind: 'purge an entity'; readonly entity: number | string }
  | { readonly kind: 'read an entity'; readonly entity: number | string }
  | {
      readonly kind: 'query entities';
      readonly prefix: string;
      readonly withState: boolean;
      readonly withTransient: boolean;
      readonly pageSize: number;
    }
  | { readonly kind: 'clean entity storage' };

export interface EntityCall {
  readonly kind: 'entities';
  readonly hub: Index;
  readonly replica: Index;
  readonly deed: Deed;
}

export type DeedOf<Kind extends Deed['kind']> = Extract<Deed, { readonly kind: Kind }>;

export const FULL: BatchScript = {
  done: 0,
  hasFailures: false,
  state: '"done"',
  actions: [],
  problem: 'none',
};

const IDS = ['@Room@1', '@Room@2', '@desk@1', '@desk@'] as const;

export function entityIdOf(entity: number | string): string {
  return typeof entity === 'string' ? entity : (IDS[entity % IDS.length] ?? IDS[0]);
}
