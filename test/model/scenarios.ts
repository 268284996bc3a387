import {
  type Call,
  type CallOf,
  type Index,
  type Lanes,
  NOTHING,
  type Script,
  type ScriptAction,
  WHOLE,
} from './calls.ts';

/*
 * Steps in the hub 0, unless said otherwise, that do each thing once, so that no outcome depends on luck. Calls go to
 * replica 1, the first stream is at replica 0.
 */

type Fields<Kind extends Call['kind']> = Partial<Omit<CallOf<Kind>, 'kind'>>;

const start = (target: string, fields: Fields<'start'> = {}): Call => ({
  ...{ kind: 'start', hub: 0, replica: 1, target, hasId: true, name: 'Order', version: null, input: '"in"' },
  ...{ isTagged: true, hasExecutionId: false, schedule: 'none', replaceable: null },
  ...fields,
});
const raise = (target: string, ...names: string[]): Call => ({
  ...{ kind: 'raise', hub: 0, target },
  events: names.map((name, n) => ({ replica: n % 2 === 0 ? 1 : 0, name, input: '1' })),
});
const suspend = (target: string): Call => ({ kind: 'suspend', hub: 0, replica: 1, target, reason: '"wait"' });
const resume = (target: string): Call => ({ kind: 'resume', hub: 0, replica: 1, target, reason: '"go on"' });
const terminate = (target: string, recurse = false): Call => ({
  ...{ kind: 'terminate', hub: 0, replica: 1, target, output: '"enough"', recurse },
});
const read = (target: string): Call => ({ kind: 'read', hub: 0, replica: 1, target, withPayloads: false });
const wait = (target: string, until: 'started' | 'completed'): Call => ({
  ...{ kind: 'wait', hub: 0, replica: 1, target, until },
});
const answer = (
  pick: string,
  actions: readonly ScriptAction[] = [],
  script: Partial<Script> = {},
  fields: Fields<'answer'> = {},
): Call => ({
  ...{ kind: 'answer', hub: 0, pick, script: { ...NOTHING, actions, ...script }, delivery: WHOLE },
  ...fields,
});
const complete = (pick: string, actions: readonly ScriptAction[] = []): Call =>
  answer(pick, actions, { ending: 'complete', result: '"out"' });
const finishActivity = (pick: string, fields: Fields<'complete activity'> = {}): Call => ({
  ...{ kind: 'complete activity', hub: 0, replica: 1, pick, result: '1', hasFailed: false, hasToken: true },
  ...fields,
});
const abandon = (what: 'turn' | 'activity', pick: string, replica: Index = 1): Call => ({
  ...{ kind: `abandon ${what}`, hub: 0, replica, pick },
});
const bogus = (
  kind: 'bogus answer' | 'bogus result',
  token: CallOf<'bogus answer'>['token'],
  fields: Fields<'bogus answer'> = {},
): Call => ({ kind, hub: 0, replica: 1, pick: 0, token, ...fields });
const letTimePass: Call = { kind: 'let time pass', hub: 0 };
const letWorkReturn: Call = { kind: 'let abandoned work return', hub: 0 };
const open = (filters: number, limit = 0): Call => ({ kind: 'open', hub: 0, replica: 1, filters, limit });
const lose: Call = { kind: 'lose', hub: 0, pick: 0 };

const task = (id: number, name = 'A'): ScriptAction => ({
  ...{ id, kind: 'task', name, version: null, input: '2', isTagged: true },
});
const timer = (id: number, when: 'past' | 'soon' | 'late'): ScriptAction => ({
  id,
  kind: 'timer',
  when,
  ms: 60,
});
const child = (id: number, target: string): ScriptAction => ({
  ...{ id, kind: 'child', target, name: 'Child', version: null, input: '3', isForgotten: false },
});
const send = (id: number, target: string): ScriptAction => ({
  id,
  kind: 'send',
  target,
  name: 'Stop',
  data: '4',
});
const end = (id: number, target: string): ScriptAction => ({
  ...{ id, kind: 'terminate', target, reason: '"why"', recurse: true },
});

/** By name, the steps; each is done alone unless it is a list. */
export const scenarios: Readonly<Record<string, readonly (Call | Lanes)[]>> = {
  'starts and their policies': [
    start('a'),
    start('a'),
    start('a', { replaceable: ['ORCHESTRATION_STATUS_RUNNING'] }),
    start('a', { replaceable: ['ORCHESTRATION_STATUS_PENDING', 'ORCHESTRATION_STATUS_TERMINATED'] }),
    start('a', { hub: 1 }),
    complete('a'),
    start('a', { hasExecutionId: true }),
    start('b', { schedule: 'epoch' }),
    start('c', { schedule: 'soon' }),
    raise('c', 'early'),
    letTimePass,
    start('d', { schedule: 'late' }),
    terminate('d'),
    start('', { hasId: false }),
    [[start('d'), raise('d', 'one', 'two')], [start('d')]],
  ],
  'events, suspension and termination': [
    raise('a', 'lost'),
    read('a'),
    start('a'),
    read('a'),
    raise('a', 'one', 'two', 'three'),
    suspend('a'),
    suspend('a'),
    answer('a', [], { customStatus: '"held"' }),
    resume('a'),
    resume('a'),
    answer('a', [], { eventsProcessed: 1 }),
    answer('a'),
    suspend('a'),
    raise('a', 'held'),
    resume('a'),
    suspend('a'),
    answer('a', [], { ending: 'continue', result: '"again"' }),
    resume('a'),
    terminate('a'),
    terminate('a'),
    raise('a', 'late'),
    start('b'),
    answer('b'),
    terminate('b'),
    [[start('c'), suspend('c'), resume('c'), terminate('c')]],
  ],
  'waiting calls': [
    wait('a', 'started'),
    wait('a', 'completed'),
    start('a'),
    answer('a'),
    raise('a', 'go'),
    complete('a'),
    wait('a', 'completed'),
  ],
  'children, and messages between instances': [
    start('a'),
    answer('a', [child(1, 'b'), send(2, 'b'), send(3, 'nobody')]),
    complete('b', [send(1, 'a')]),
    answer('a', [child(4, 'b')]),
    answer('b', [child(1, 'c')]),
    raise('a', 'go'),
    answer('a', [child(5, 'c')]),
    suspend('b'),
    terminate('a', true),
    start('a'),
    complete('a', [child(1, 'd')]),
    complete('d'),
    start('a'),
    answer('a', [child(1, 'b')]),
    raise('a', 'go'),
    complete('a', [end(2, 'b')]),
  ],
  'continuing as new': [
    start('a'),
    raise('a', 'go', 'Stop', 'go'),
    answer('a', [task(1), timer(2, 'late')]),
    raise('a', 'more'),
    answer('a', [send(7, 'a')], { ending: 'continue', carried: 'names in lower case', newVersion: '2' }),
    finishActivity('a'),
    answer('a', [], { ending: 'continue', carried: 'copies in reverse', isTraced: true }),
    answer('a', [], { ending: 'continue and terminate' }),
    start('b'),
    answer('b', [{ id: 1, kind: 'entity' }]),
    start('c'),
    answer('c', [{ id: 1, kind: 'unknown' }], { ending: 'fail' }),
  ],
  timers: [
    start('a'),
    answer('a', [timer(1, 'past'), timer(2, 'soon'), timer(3, 'late')]),
    letTimePass,
    answer('a'),
    complete('a'),
  ],
  activities: [
    start('a'),
    answer('a', [task(1), task(2, 'B'), task(2, 'B')]),
    finishActivity('a'),
    bogus('bogus result', 'dead'),
    bogus('bogus result', 'of the other hub', { hub: 1 }),
    bogus('bogus result', 'mangled'),
    bogus('bogus result', 'nonsense'),
    finishActivity('a', { hasFailed: true, result: null }),
    finishActivity('a', { hasToken: false, replica: 0 }),
    start('b'),
    open(6),
    lose,
    answer('b', [task(1), task(2, 'B')]),
    terminate('b'),
    start('c'),
    answer('c', [task(1)]),
    open(5),
    complete('a'),
    raise('c', 'go'),
    answer('c', [task(3)]),
    terminate('c'),
    finishActivity('c'),
    finishActivity('c'),
  ],
  'streams that are lost and work that is given back': [
    start('a'),
    answer('a', [task(1)]),
    raise('a', 'go'),
    open(0),
    lose,
    lose,
    start('b', { name: 'Child' }),
    open(2),
    open(0),
    abandon('turn', 'b'),
    letWorkReturn,
    bogus('bogus answer', 'dead'),
    bogus('bogus answer', 'dead', { replica: 0 }),
    abandon('activity', 'a'),
    letWorkReturn,
    abandon('activity', 'a', 0),
    finishActivity('a'),
    abandon('turn', 'a', 0),
    raise('a', 'hurry'),
  ],
  'answers that travel': [
    start('a'),
    bogus('bogus answer', 'mangled'),
    bogus('bogus answer', 'nonsense'),
    bogus('bogus answer', 'of the other hub', { hub: 1 }),
    answer(
      'a',
      [task(1), timer(2, 'past'), send(3, 'a')],
      {},
      {
        delivery: { replicas: [1, 0, 1], order: 'last first', hasToken: true },
      },
    ),
    bogus('bogus answer', 'dead'),
    answer('a', [task(1)], {}, { delivery: { replicas: [1, 1], order: 'first twice', hasToken: true } }),
    raise('a', 'go'),
    answer('a', [task(1)], {}, { delivery: { replicas: [1], order: 'in order', hasToken: false } }),
    [[finishActivity('a')], [finishActivity('a', { hasFailed: true })]],
    [[complete('a')], [answer('a', [task(9)])], [raise('a', 'go')]],
  ],
};
