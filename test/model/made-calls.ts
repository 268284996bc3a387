// Calls written by hand: in the hub 0, unless said otherwise. They go to replica 1.

import {
  type Call,
  type CallOf,
  type Index,
  type OtherCall,
  NOTHING,
  type Script,
  type ScriptAction,
  WHOLE,
} from './calls.ts';

import { type BatchScript, type Deed, type DeedOf, FULL, type SignalTime } from './entity-calls.ts';

type Fields<Kind extends OtherCall['kind']> = Partial<Omit<CallOf<Kind>, 'kind'>>;

export const start = (target: string, fields: Fields<'start'> = {}): Call => ({
  ...{ kind: 'start', hub: 0, replica: 1, target, hasId: true, name: 'Order', version: null, input: '"in"' },
  ...{ isTagged: true, hasExecutionId: false, schedule: 'none', replaceable: null },
  ...fields,
});
export const raise = (target: string, ...names: string[]): Call => ({
  ...{ kind: 'raise', hub: 0, target },
  events: names.map((name, n) => ({ replica: n % 2 === 0 ? 1 : 0, name, input: '1' })),
});
export const suspend = (target: string): Call => ({
  kind: 'suspend',
  hub: 0,
  replica: 1,
  target,
  reason: '"wait"',
});
export const resume = (target: string): Call => ({
  kind: 'resume',
  hub: 0,
  replica: 1,
  target,
  reason: '"go on"',
});
export const terminate = (target: string, recurse = false): Call => ({
  ...{ kind: 'terminate', hub: 0, replica: 1, target, output: '"enough"', recurse },
});
export const read = (target: string): Call => ({
  kind: 'read',
  hub: 0,
  replica: 1,
  target,
  withPayloads: false,
});
export const wait = (target: string, until: 'started' | 'completed'): Call => ({
  ...{ kind: 'wait', hub: 0, replica: 1, target, until },
});
export const answer = (
  pick: string,
  actions: readonly ScriptAction[] = [],
  script: Partial<Script> = {},
  fields: Fields<'answer'> = {},
): Call => ({
  ...{ kind: 'answer', hub: 0, pick, script: { ...NOTHING, actions, ...script }, delivery: WHOLE },
  ...fields,
});
export const complete = (pick: string, actions: readonly ScriptAction[] = []): Call =>
  answer(pick, actions, { ending: 'complete', result: '"out"' });
export const finishActivity = (pick: string, fields: Fields<'complete activity'> = {}): Call => ({
  ...{ kind: 'complete activity', hub: 0, replica: 1, pick, result: '1', hasFailed: false, hasToken: true },
  ...fields,
});
export const abandon = (what: 'turn' | 'activity', pick: string, replica: Index = 1): Call => ({
  ...{ kind: `abandon ${what}`, hub: 0, replica, pick },
});
export const bogus = (
  kind: 'bogus answer' | 'bogus result',
  token: CallOf<'bogus answer'>['token'],
  fields: Fields<'bogus answer'> = {},
): Call => ({ kind, hub: 0, replica: 1, pick: 0, token, ...fields });
export const letTimePass: Call = { kind: 'let time pass', hub: 0 };
export const letWorkReturn: Call = { kind: 'let abandoned work return', hub: 0 };
export const open = (filters: number, limit = 0): Call => ({
  kind: 'open',
  hub: 0,
  replica: 1,
  filters,
  limit,
});
export const lose: Call = { kind: 'lose', hub: 0, pick: 0 };

export const task = (id: number, name = 'A'): ScriptAction => ({
  ...{ id, kind: 'task', name, version: null, input: '2', isTagged: true },
});
export const timer = (id: number, when: 'past' | 'soon' | 'late'): ScriptAction => ({
  id,
  kind: 'timer',
  when,
  ms: 60,
});
export const child = (id: number, target: string): ScriptAction => ({
  ...{ id, kind: 'child', target, name: 'Child', version: null, input: '3', isForgotten: false },
});
export const send = (id: number, target: string): ScriptAction => ({
  id,
  kind: 'send',
  target,
  name: 'Stop',
  data: '4',
});
export const end = (id: number, target: string): ScriptAction => ({
  ...{ id, kind: 'terminate', target, reason: '"why"', recurse: true },
});

const pages = { hub: 0, replica: 1, statuses: [], bound: null, pageSize: 2 } as const;
export const query = (fields: Fields<'query'> = {}): Call => ({
  ...{ ...pages, kind: 'query', prefix: '', withPayloads: true },
  ...fields,
});
export const listIds = (fields: Fields<'list ids'> = {}): Call => ({ ...pages, kind: 'list ids', ...fields });
export const listHubs: Call = { kind: 'list hubs', hub: 0, replica: 1 };
export const readHistory = (target: string, fields: Fields<'read history'> = {}): Call => ({
  ...{ kind: 'read history', hub: 0, replica: 1, target, execution: 'not said', isForWorker: false },
  ...fields,
});

export const restart = (target: string, isBeside = false): Call => ({
  ...{ kind: 'restart', hub: 0, replica: 1, target, isBeside },
});
export const rewind = (target: string): Call => ({
  ...{ kind: 'rewind', hub: 0, replica: 1, target, reason: '"mended"' },
});
export const purge = (target: string, fields: Fields<'purge'> = {}): Call => ({
  ...{ kind: 'purge', hub: 0, replica: 1, target, recurse: false, isOrchestration: true },
  ...fields,
});
export const purgeBatch = (...targets: string[]): Call => ({
  ...{ kind: 'purge batch', hub: 0, replica: 1, targets, recurse: false },
});
export const purgeAll = (fields: Fields<'purge all'> = {}): Call => ({
  ...{ kind: 'purge all', hub: 0, replica: 1, statuses: [], bound: null, recurse: true },
  ...fields,
});
export const terminateBatch = (...targets: string[]): Call => ({
  ...{ kind: 'terminate batch', hub: 0, replica: 1, targets, reason: '"all of you"' },
});

const toEntities = (deed: Deed, replica: Index = 1): Call => ({ kind: 'entities', hub: 0, replica, deed });

export const signal = (entity: string, fields: Partial<DeedOf<'signal'>> = {}, replica: Index = 1): Call =>
  toEntities(
    {
      ...{
        kind: 'signal',
        entity,
        name: 'add',
        input: '1',
        when: 'now',
        hasRequestId: true,
        isDoubled: false,
      },
      ...fields,
    },
    replica,
  );
export const repeatSignal = (pick: number, replica: Index = 0): Call =>
  toEntities({ kind: 'repeat a signal', pick }, replica);
export const finishBatch = (pick: string, script: Partial<BatchScript> = {}, replica: Index = 1): Call =>
  toEntities({ kind: 'complete a batch', pick, script: { ...FULL, ...script } }, replica);
export const abandonBatch = (pick: string, replica: Index = 1): Call =>
  toEntities({ kind: 'abandon a batch', pick }, replica);
export const bogusBatch = (token: DeedOf<'bogus answer to a batch'>['token'], hub: Index = 0): Call => ({
  ...toEntities({ kind: 'bogus answer to a batch', pick: 0, token }),
  hub,
});
export const purgeEntity = (entity: string): Call => toEntities({ kind: 'purge an entity', entity });
export const readEntity = (entity: string): Call => toEntities({ kind: 'read an entity', entity });
export const queryEntities = (fields: Partial<DeedOf<'query entities'>> = {}): Call =>
  toEntities({
    ...{ kind: 'query entities', prefix: '', withState: true, withTransient: true, pageSize: 1 },
    ...fields,
  });
export const cleanEntities: Call = toEntities({ kind: 'clean entity storage' });

export const tell = (id: number, entity: string, when: SignalTime = 'now'): ScriptAction => ({
  ...{ id, kind: 'signal', entity, when },
});
export const ask = (id: number, entity: string): ScriptAction => ({ id, kind: 'call', entity });
export const lock = (id: number, ...entities: string[]): ScriptAction => ({ id, kind: 'lock', entities });
export const unlock = (id: number, pick: string): ScriptAction => ({ id, kind: 'unlock', pick });
