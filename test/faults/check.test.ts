import { expect, test } from 'vitest';
import { statusCodes } from '../../src/postgres/codes.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { type AnyHistoryEvent } from '../../src/protocol/messages.ts';
import { after, microsAfter } from '../helpers/factories.ts';
import { type Recorded } from '../replicas/check.ts';
import { type Planned } from '../replicas/load.ts';
import { type Evidence, violationsOf } from './check.ts';
import { isDocumented } from './ledger.ts';

// The checker must see what is wrong: a run that went well, and the same run with one thing spoilt.

type Fields = MessageInput<'HistoryEvent'>;
const eventAt =
  (seconds: number) =>
  (fields: Fields): AnyHistoryEvent =>
    codec.decodeEvent(codec.encode('HistoryEvent', { eventId: -1, timestamp: after(seconds), ...fields }));

const task = { eventId: 1, taskScheduled: { name: 'Step' } };
const result = { taskCompleted: { taskScheduledId: 1 } };
const fired = { timerFired: { timerId: 2, fireAt: after(2) } };
const raised = (name: string): Fields => ({ eventRaised: { name } });
const ended = { eventId: 99, executionCompleted: {} };

/** A history of three turns, one second each. */
const history: readonly (readonly Fields[])[] = [
  [{ executionStarted: {} }, task, { eventId: 2, timerCreated: { fireAt: after(2) } }],
  [result, fired],
  [raised('e1'), { ...raised('e2'), timestamp: after(3, 1) }, ended],
];

function recordedAs(turns: readonly (readonly Fields[])[], row: Partial<Recorded['row']> = {}): Recorded {
  const all = turns.map((fields, i) => ({
    turn: i + 1,
    events: [{ orchestratorStarted: {} }, ...fields].map(eventAt(i + 1)),
  }));
  return {
    row: {
      ...{ instance_key: 1, instance_id: 'x', status: statusCodes.completed, turn: turns.length },
      ...{ generation: 0, owner: null, ready_at: null, attempts: 0, output: Buffer.from('301') },
      ...row,
    },
    turns: all,
    events: all.flatMap(({ events }) => events),
  };
}

const planned: Planned = { id: 'x', name: 'Sleep', input: '2000', output: '301', events: ['e1', 'e2'] };
const once = { acknowledged: 1, unknown: 0 };
const room = { count: 0, inside: null, overlaps: [] };

const good: Evidence = {
  ledger: {
    accepted: new Map([['x', planned]]),
    endings: new Map([
      ['x', { status: 'ORCHESTRATION_STATUS_COMPLETED', output: '301', failure: undefined, afterMs: 2_100 }],
    ]),
    events: new Map([
      ['x/e1', once],
      ['x/e2', once],
    ]),
    signals: new Map([['@counter@1', { acknowledged: 3, unknown: 2 }]]),
    surprises: [],
  },
  recorded: new Map([['x', recordedAs(history)]]),
  entities: new Map([
    ['@counter@1', { ...room, count: 4 }],
    ['@room@1', room],
  ]),
  left: [],
  unpurged: [],
  servers: [
    { log: [{ level: 'info', msg: 'ready' }], complaints: [], residentBytes: [100e6], liveBytes: [] },
  ],
  idleCallsPerSecond: 1,
  broken: [],
  workerStatuses: new Map([['UNAVAILABLE', 'Connection dropped']]),
};

const withLedger = (changes: Partial<Evidence['ledger']>): Evidence => ({
  ...good,
  ledger: { ...good.ledger, ...changes },
});
const withTurns = (
  first: readonly Fields[],
  second: readonly Fields[],
  third: readonly Fields[],
): Evidence => ({
  ...good,
  recorded: new Map([['x', recordedAs([first, second, third])]]),
});
const withRow = (row: Partial<Recorded['row']>): Evidence => ({
  ...good,
  recorded: new Map([['x', recordedAs(history, row)]]),
});
const endingAs = (changes: object): Evidence =>
  withLedger({
    endings: new Map([
      [
        'x',
        {
          ...{ status: 'ORCHESTRATION_STATUS_COMPLETED', output: '301', failure: undefined, afterMs: 2_100 },
          ...changes,
        },
      ],
    ]),
  });
/** It was planned to fail. */
const failing = (changes: object): Evidence => {
  const accepted = new Map([['x', { ...planned, output: '', failure: 'was given up' }]]);
  const ending = { status: 'ORCHESTRATION_STATUS_FAILED', output: undefined, failure: 'it was given up' };
  return {
    ...withRow({ status: statusCodes.failed, output: null }),
    ledger: { ...endingAs({ ...ending, ...changes }).ledger, accepted },
  };
};
const counting = (count: number): Evidence => ({
  ...good,
  entities: new Map([['@counter@1', { ...room, count }]]),
});
const withRoom = (changes: object): Evidence => ({
  ...good,
  entities: new Map([...good.entities, ['@room@1', { ...room, ...changes }]]),
});
const writing = (line: object): Evidence => ({
  ...good,
  servers: [
    { log: [{ level: 'error', msg: 'm', ...line }], complaints: [], residentBytes: [], liveBytes: [] },
  ],
});
const using = (liveBytes: readonly number[], residentBytes = liveBytes): Evidence => ({
  ...good,
  servers: [{ log: [], complaints: [], residentBytes, liveBytes }],
});
/** Its timer fired seven seconds late; a fault was over so many seconds before it was due. */
const late = (calmSeconds: number): Evidence => ({
  ...withTurns(first, [result, { timerFired: { timerId: 2, fireAt: after(-5) } }], third),
  broken: [{ fromMs: 0, toMs: microsAfter(-5 - calmSeconds) / 1000 }],
});
/** So many timers, each of them 600 ms late. */
const manyLate = (count: number): Evidence => {
  const at = Array.from({ length: count }, (_, i) => i + 2);
  const created = at.map((id) => ({ eventId: id, timerCreated: { fireAt: after(1, 4e8) } }));
  const all = at.map((id) => ({ timerFired: { timerId: id, fireAt: after(1, 4e8) } }));
  return withTurns([{ executionStarted: {} }, task, ...created], [result, ...all], third);
};
/** Of a life of so many samples, from so many bytes at its beginning by so many each time. */
const growing = (samples: number, from: number, by: number): number[] =>
  Array.from({ length: samples }, (_, i) => from + i * by);

const [first = [], second = [], third = []] = history;

test('a run that went well has no violation', () => {
  expect(violationsOf(good)).toEqual([]);
});

test.for<[what: string, evidence: Evidence]>([
  ['a call nobody answered was executed', counting(5)],
  ['a call nobody answered was not executed', counting(3)],
  [
    'an event was sent twice, because nobody answered, and came twice',
    {
      ...withTurns(first, second, [
        raised('e1'),
        { ...raised('e1'), timestamp: after(3, 5) },
        ...third.slice(1),
      ]),
      ledger: {
        ...good.ledger,
        events: new Map([...good.ledger.events, ['x/e1', { acknowledged: 1, unknown: 1 }]]),
      },
    },
  ],
  ['what must fail has failed', failing({})],
  ['a server grows at first', using([...growing(2, 20e6, 10e6), ...growing(8, 33e6, 0)])],
  ['a server has not lived for long', using(growing(9, 20e6, 5e6))],
  ['a server says that its database is away', writing({ err: { message: 'the database is not available' } })],
  ['a timer was late soon after a fault', late(29)],
  ['some timers were late by chance', manyLate(19)],
])('no violation: %s', ([, evidence]) => {
  expect(violationsOf(evidence)).toEqual([]);
});

test.for<[what: string, text: string, evidence: Evidence]>([
  [
    'an accepted start has not ended',
    'I1 x was accepted and has not ended',
    withLedger({ endings: new Map() }),
  ],
  ['an accepted start is not there', 'I1 x was accepted and is not there', { ...good, recorded: new Map() }],
  [
    'a client saw another output',
    'I1 x ended as ORCHESTRATION_STATUS_COMPLETED with 300, not 301',
    endingAs({ output: '300' }),
  ],
  [
    'a client saw a failure',
    'I1 x ended as ORCHESTRATION_STATUS_FAILED',
    endingAs({ status: 'ORCHESTRATION_STATUS_FAILED' }),
  ],
  ['what must fail has not', 'I1 x ended as', failing({ status: 'ORCHESTRATION_STATUS_COMPLETED' })],
  ['it failed for another reason', 'FAILED with a bug', failing({ failure: 'a bug' })],
  [
    'the database has another output',
    'I1 x has the output 300 instead of 301',
    withRow({ output: Buffer.from('300') }),
  ],
  ['the database has another status', 'I1 x has the status', withRow({ status: statusCodes.failed })],
  ['an ended instance is owned', 'I1 x has an owner', withRow({ owner: 7 })],
  [
    'an instance is there that nobody started',
    'I1 y is there',
    { ...good, recorded: new Map([...good.recorded, ['y', recordedAs(history)]]) },
  ],
  [
    'it was started twice',
    'x was started 2 times',
    withTurns([{ executionStarted: {} }, ...first], second, third),
  ],
  ['it ended twice', 'x ended 2 times', withTurns(first, second, [...third, ended])],
  [
    'something came after its end',
    'x goes on after its end',
    withTurns(first, second, [...third, raised('e1')]),
  ],
  ['a turn is missing', 'I2 x has the turns 1,2,3, the last of 4', withRow({ turn: 4 })],
  [
    'an event has the id of none',
    'x taskCompleted has the id 5',
    withTurns(first, [{ ...result, eventId: 5 }, fired], third),
  ],
  [
    'an activity was recorded twice',
    'x got a surplus answer for task 1',
    withTurns(first, [result, result, fired], third),
  ],
  ['an activity was never recorded', 'x got no answer for task 1', withTurns(first, [fired], third)],
  ['an activity was asked for twice', 'x asked twice for task 1', withTurns([...first, task], second, third)],
  ['an acknowledged event is lost', 'I4 x got e2 0 times', withTurns(first, second, [raised('e1'), ended])],
  [
    'an event came twice',
    'I4 x got e1 2 times',
    withTurns(first, second, [raised('e1'), { ...raised('e1'), timestamp: after(3, 5) }, ...third.slice(1)]),
  ],
  [
    'events came in another order',
    'I4 x got its events in the order e2,e1',
    withTurns(first, second, [raised('e2'), { ...raised('e1'), timestamp: after(3, 1) }, ended]),
  ],
  ['a counter lost a signal', 'I5 @counter@1 counted 2', counting(2)],
  ['a counter counted a signal twice', 'I5 @counter@1 counted 6', counting(6)],
  ['a counter is not there', 'I5 @counter@1 counted 0', { ...good, entities: new Map() }],
  [
    'two were in a critical section',
    'I5 b/1 entered @room@1 while a/1 was inside',
    withRoom({ overlaps: [['a/1', 'b/1']] }),
  ],
  ['somebody is still in a critical section', 'I5 a/1 is still inside @room@1', withRoom({ inside: 'a/1' })],
  [
    'a timer fired early',
    'x has a timer that fired early',
    withTurns(first, [result, { timerFired: { timerId: 2, fireAt: after(2, 1) } }], third),
  ],
  [
    'a client saw the end of a timer early',
    'I6 x slept 1400 ms instead of 2000',
    endingAs({ afterMs: 1_400 }),
  ],
  ['a timer was late, and all was calm', 'I6 x had a timer that was 7000 ms late', late(31)],
  ['timers are late all the time', 'I6 half of the timers were more than 600 ms late', manyLate(20)],
  ['something of a purged instance is there', 'I10 a was purged', { ...good, unpurged: ['a was purged'] }],
  ['rows are left', 'I7 1 rows are left: inbox', { ...good, left: ['1 rows are left: inbox'] }],
  [
    'a server wrote an error',
    'I9 server process 0 wrote: m cannot read',
    writing({ err: { message: 'cannot read properties of undefined' } }),
  ],
  [
    'a server wrote to its standard error',
    'I9 server process 0 complained: Error: x',
    { ...good, servers: [{ log: [], complaints: ['Error: x'], residentBytes: [], liveBytes: [] }] },
  ],
  [
    'idle servers keep the database busy',
    'I8 an idle server sends 5 statements',
    { ...good, idleCallsPerSecond: 5 },
  ],
  ['a server grows all the time', 'I11 server process 0 grew', using(growing(10, 30e6, 1e6))],
  ['a server was very large', 'I11 server process 0 had 400000000 bytes', using([], [100e6, 400e6, 100e6])],
  [
    'a worker saw a bug',
    'I12 a worker saw INTERNAL: x',
    { ...good, workerStatuses: new Map([['INTERNAL', 'x']]) },
  ],
  [
    'a client was surprised',
    'I12 StartInstance ended with INTERNAL: x',
    withLedger({ surprises: ['I12 StartInstance ended with INTERNAL: x'] }),
  ],
])('a violation: %s (%s)', ([, text, evidence]) => {
  expect(violationsOf(evidence).join('\n')).toContain(text);
});

test('a client may see what the documentation says of a call, and nothing else', () => {
  expect(isDocumented('RaiseEvent', 'UNKNOWN')).toBe(true);
  expect(isDocumented('WaitForInstanceCompletion', 'UNAVAILABLE')).toBe(true);
  expect(isDocumented('WaitForInstanceCompletion', 'UNKNOWN')).toBe(false);
  expect(isDocumented('StartInstance', 'INTERNAL')).toBe(false);
});
