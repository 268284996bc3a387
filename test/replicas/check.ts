import { setTimeout as pause } from 'node:timers/promises';
import { type Pool } from 'pg';
import { statusCodes } from '../../src/postgres/codes.ts';
import { codec } from '../../src/protocol/codec.ts';
import { unframe } from '../../src/protocol/framing.ts';
import { type AnyHistoryEvent, type Timestamp } from '../../src/protocol/messages.ts';
import { until } from '../helpers/until.ts';
import { drawnChildren } from './drawn.ts';
import { type Load, type Planned } from './load.ts';

// What must be true of the database once everything has ended, whatever happened on the way. Each check adds a line to
// a list of faults, which tests compare with an empty one.

export interface InstanceRow {
  readonly instance_key: number;
  readonly instance_id: string;
  readonly status: number;
  readonly turn: number;
  readonly generation: number;
  readonly owner: number | null;
  readonly ready_at: number | null;
  readonly attempts: number;
  readonly output: Buffer | null;
}

/** An instance with the events of each of its turns. */
export interface Recorded {
  readonly row: InstanceRow;
  readonly turns: readonly { readonly turn: number; readonly events: readonly AnyHistoryEvent[] }[];
  readonly events: readonly AnyHistoryEvent[];
}

/** Waits until every instance there is has ended. */
export async function allEnded(db: Pool, count: number, withinMs: number): Promise<void> {
  const running = async (): Promise<boolean> => {
    const { rows } = await db.query<{ ended: number; living: number }>(
      `select count(*) filter (where completed_at is not null) as ended,
              count(*) filter (where completed_at is null) as living
         from instances`,
    );
    const [row] = rows;
    return row?.living === 0 && row.ended >= count;
  };
  await until(running, `the end of ${count} instances`, withinMs);
}

/** The faults of everything that a load has left. `children` of a family count as planned. */
export async function faultsOf(db: Pool, load: Pick<Load, 'planned' | 'sent'>): Promise<string[]> {
  const recorded = await readAll(db);
  const planned = load.planned.flatMap(withChildren);
  const missing = planned.filter(({ id }) => !recorded.has(id)).map(({ id }) => `${id} is missing`);
  const extra = [...recorded.keys()].filter((id) => !planned.some((one) => one.id === id));
  const faults = planned.flatMap((one) => {
    const found = recorded.get(one.id);
    return found ? faultsOfOne(one, found, load.sent).map((fault) => `${one.id}: ${fault}`) : [];
  });
  return [...missing, ...extra.map((id) => `${id} was never started`), ...faults, ...(await leftovers(db))];
}

/** A family has children, which nobody else planned; so may what was drawn. */
export function withChildren(planned: Planned): Planned[] {
  if (planned.name === 'Drawn') return [planned, ...drawnChildren(planned)];
  if (planned.name !== 'Family') return [planned];
  const children = Array.from({ length: Number(planned.input) }, (_, i) => ({
    ...{ id: `${planned.id}.${i + 1}`, name: 'Chain', input: '2', output: '2', events: [] },
  }));
  return [planned, ...children];
}

/** All orchestrations with their histories, by id. */
export async function readAll(db: Pool): Promise<Map<string, Recorded>> {
  const instances = await db.query<InstanceRow>(
    `select instance_key, instance_id, status, turn, generation, owner, ready_at, attempts, output
       from instances where kind = 0`,
  );
  const history = await db.query<{ instance_key: number; turn: number; events: Buffer }>(
    'select instance_key, turn, events from history order by instance_key, turn',
  );
  const turns = Map.groupBy(
    history.rows.map(({ instance_key: key, turn, events }) => ({
      ...{ key, turn },
      events: unframe(events).map((event) => codec.decodeEvent(event)),
    })),
    ({ key }) => key,
  );
  return new Map(
    instances.rows.map((row) => {
      const own = turns.get(row.instance_key) ?? [];
      return [row.instance_id, { row, turns: own, events: own.flatMap(({ events }) => events) }];
    }),
  );
}

function faultsOfOne(planned: Planned, { row, turns, events }: Recorded, sent: Load['sent']): string[] {
  return [
    ...faultsOfRow(planned, row),
    ...faultsOfTurns(row, turns),
    ...faultsOfHistory(events),
    ...planned.events.flatMap((name) => {
      const times = raisedIn(events).filter((raised) => raised === name).length;
      // Who did not hear what became of a call has sent it again.
      const most = sent.get(`${planned.id}/${name}`) ?? 1;
      return times >= 1 && times <= most
        ? []
        : [`the event ${name}, sent ${most} times, came ${times} times`];
    }),
  ];
}

export function faultsOfRow(planned: Planned, row: InstanceRow): string[] {
  const { output } = planned;
  return faults([
    [row.status === statusCodes[endOf(planned)], `has the status ${row.status}`],
    [(row.output?.toString() ?? '') === output, `has the output ${String(row.output)} instead of ${output}`],
    [row.owner === null && row.ready_at === null, 'has an owner or a bell although it has ended'],
    [row.attempts === 0, `counted ${row.attempts} attempts`],
  ]);
}

function endOf({ failure, isTerminated = false }: Planned): 'completed' | 'failed' | 'terminated' {
  if (isTerminated) return 'terminated';
  return failure === undefined ? 'completed' : 'failed';
}

/** Turns are recorded one by one, the last with the end; of those before a continue-as-new nothing is left. */
export function faultsOfTurns({ turn, generation }: InstanceRow, turns: Recorded['turns']): string[] {
  const numbers = turns.map((recorded) => recorded.turn);
  const expected = numbers.map((_, i) => turn - numbers.length + 1 + i);
  const starts = turns.flatMap(({ events }) => events.filter(isBeginning));
  return faults([
    [numbers.join() === expected.join(), `has the turns ${numbers.join()}, the last of ${turn}`],
    [generation > 0 || numbers[0] === 1, `begins with turn ${String(numbers[0])}`],
    [starts.length === turns.length, `has ${starts.length} beginnings of ${turns.length} turns`],
    [turns.every(({ events: [first] }) => first && isBeginning(first)), 'a turn begins otherwise'],
    [areAscending(starts.map(nanosOf)), 'its turns do not begin one after the other'],
  ]);
}

export function faultsOfHistory(events: readonly AnyHistoryEvent[]): string[] {
  const ofType = (type: AnyHistoryEvent['eventType']) => events.filter((event) => event.eventType === type);
  const raised = ofType('eventRaised').map(nanosOf);
  return [
    ...faults([
      [ofType('executionStarted').length === 1, `was started ${ofType('executionStarted').length} times`],
      [events[1]?.eventType === 'executionStarted', 'does not begin with its start'],
      [ofType('executionCompleted').length === 1, `ended ${ofType('executionCompleted').length} times`],
      [events.at(-1)?.eventType === 'executionCompleted', 'goes on after its end'],
      [new Set(raised).size === raised.length, 'has two raised events with the same timestamp'],
    ]),
    ...faultsOfAnswers(events),
    ...faultsOfIds(events),
  ];
}

/** Whatever was asked for has one answer, after it; nothing else has any. */
function faultsOfAnswers(events: readonly AnyHistoryEvent[]): string[] {
  const open = new Set<string>();
  const known = new Set<string>();
  const found: string[] = [];
  for (const event of events) {
    const asked = askedIn(event);
    if (asked !== undefined) {
      if (known.has(asked)) found.push(`asked twice for ${asked}`);
      known.add(asked);
      open.add(asked);
    }
    const answered = answeredIn(event);
    if (answered !== undefined && !open.delete(answered)) found.push(`got a surplus answer for ${answered}`);
  }
  return [...found, ...[...open].map((asked) => `got no answer for ${asked}`)];
}

/** Names of the raised events, in order. */
export function raisedIn(events: readonly AnyHistoryEvent[]): string[] {
  return events.flatMap((event) => (event.eventType === 'eventRaised' ? [event.eventRaised.name] : []));
}

const isBeginning = ({ eventType }: AnyHistoryEvent): boolean => eventType === 'orchestratorStarted';

const isAction = (event: AnyHistoryEvent): boolean =>
  event.eventType === 'entityUnlockSent' || askedIn(event) !== undefined;

function askedIn(event: AnyHistoryEvent): string | undefined {
  const { eventId, eventType } = event;
  if (eventType === 'taskScheduled') return `task ${eventId}`;
  if (eventType === 'timerCreated') return `timer ${eventId}`;
  if (eventType === 'entityOperationCalled') return `call ${event.entityOperationCalled.requestId}`;
  if (eventType === 'entityLockRequested') return `section ${event.entityLockRequested.criticalSectionId}`;
  return eventType === 'subOrchestrationInstanceCreated' ? `child ${eventId}` : undefined;
}

function answeredIn(event: AnyHistoryEvent): string | undefined {
  switch (event.eventType) {
    case 'taskCompleted':
      return `task ${event.taskCompleted.taskScheduledId}`;
    case 'taskFailed':
      return `task ${event.taskFailed.taskScheduledId}`;
    case 'timerFired':
      return `timer ${event.timerFired.timerId}`;
    case 'subOrchestrationInstanceCompleted':
      return `child ${event.subOrchestrationInstanceCompleted.taskScheduledId}`;
    case 'subOrchestrationInstanceFailed':
      return `child ${event.subOrchestrationInstanceFailed.taskScheduledId}`;
    case 'entityOperationCompleted':
      return `call ${event.entityOperationCompleted.requestId}`;
    case 'entityOperationFailed':
      return `call ${event.entityOperationFailed.requestId}`;
    case 'entityLockGranted':
      return `section ${event.entityLockGranted.criticalSectionId}`;
    default:
      return undefined;
  }
}

/** Events that answer an action have its id, all others −1; timers are not early. */
function faultsOfIds(events: readonly AnyHistoryEvent[]): string[] {
  let turnAt = 0n;
  return events.flatMap((event) => {
    if (isBeginning(event)) turnAt = nanosOf(event);
    const firesAt = event.eventType === 'timerFired' ? toNanos(event.timerFired.fireAt) : 0n;
    return faults([
      [
        // Who ends an instance may be an action or the server.
        event.eventType === 'executionCompleted' ||
          (isAction(event) ? event.eventId > 0 : event.eventId === -1),
        `${String(event.eventType)} has the id ${event.eventId}`,
      ],
      [firesAt <= turnAt, 'has a timer that fired early'],
    ]);
  });
}

/** What ended instances have left behind, and may not. Answers that came late or twice go after a moment. */
export async function leftovers(db: Pool): Promise<string[]> {
  for (let look = 0; look < 100; look++) {
    if ((await rowsLeft(db)).length === 0) return [];
    await pause(50);
  }
  return rowsLeft(db);
}

async function rowsLeft(db: Pool): Promise<string[]> {
  const { rows } = await db.query<{ what: string; count: number }>(
    `select 'inbox' as what, count(*) as count from inbox
      union all select 'activities', count(*) from activities
      union all select 'timers', count(*) from timers
      union all select 'completions', count(*) from completions
      union all select 'history of nobody', count(*) from history h
                 where not exists (select 1 from instances i where i.instance_key = h.instance_key)
      union all select 'owners that are gone', count(*) from instances i
                 where owner is not null and not exists (select 1 from replicas r where r.replica_id = i.owner)`,
  );
  return rows.flatMap(({ what, count }) => (count === 0 ? [] : [`${count} rows are left: ${what}`]));
}

function faults(checks: readonly (readonly [isRight: boolean | undefined, fault: string])[]): string[] {
  return checks.flatMap(([isRight, fault]) => (isRight ? [] : [fault]));
}

function areAscending(times: readonly bigint[]): boolean {
  return times.every((time, i) => i === 0 || time > (times[i - 1] ?? time));
}

function nanosOf({ timestamp }: AnyHistoryEvent): bigint {
  return toNanos(timestamp);
}

function toNanos(timestamp: Timestamp | null): bigint {
  return timestamp ? BigInt(timestamp.seconds) * 1_000_000_000n + BigInt(timestamp.nanos) : 0n;
}
