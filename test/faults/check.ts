import { limits } from '../../src/bench/result.ts';
import { median } from '../../src/bench/statistics.ts';
import { type EntityState } from '../replicas/entity-worker.ts';
import {
  faultsOfHistory,
  faultsOfRow,
  faultsOfTurns,
  raisedIn,
  type Recorded,
  withChildren,
} from '../replicas/check.ts';
import { faultsIn, type Launched } from '../replicas/launched.ts';
import { type Planned } from '../replicas/load.ts';
import { firedIn, firedInCalm, type Stretch } from './lateness.ts';
import { type Ending, type Ledger } from './ledger.ts';

// The invariants, checked when a run is over: what clients were told against what the database holds and what servers
// wrote. Every violation is a line that begins with the number of its invariant and names an id.

/** What servers and database show when everything is quiet. */
export interface Evidence {
  readonly ledger: Pick<Ledger, 'accepted' | 'endings' | 'events' | 'signals' | 'surprises'>;
  /** Orchestrations by id. */
  readonly recorded: ReadonlyMap<string, Recorded>;
  /** States by id of the entity. */
  readonly entities: ReadonlyMap<string, EntityState>;
  /** Rows that nobody should have left. */
  readonly left: readonly string[];
  /** What is there of instances that were purged. */
  readonly unpurged: readonly string[];
  readonly servers: readonly ServerEvidence[];
  /** Statements of each server, when nothing is left to do. */
  readonly idleCallsPerSecond: number;
  /** When something was being broken. */
  readonly broken: readonly Stretch[];
  /** Statuses that workers saw, and words that came with them. */
  readonly workerStatuses: ReadonlyMap<string, string>;
}

interface ServerEvidence extends Pick<Launched, 'log' | 'complaints' | 'liveBytes'> {
  /** At even distances, all its life. */
  readonly residentBytes: readonly number[];
}

/** What workers may see when they answer, or when their stream ends. */
const workersMaySee = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'];

export function violationsOf(evidence: Evidence): string[] {
  return [
    ...evidence.ledger.surprises,
    ...wrongEndings(evidence),
    ...wrongHistories(evidence),
    ...wrongTimers(evidence),
    ...wrongEvents(evidence),
    ...wrongEntities(evidence),
    ...evidence.left.map((what) => `I7 ${what}`),
    ...evidence.unpurged.map((what) => `I10 ${what}`),
    ...wrongIdling(evidence),
    ...evidence.servers.flatMap(wrongLines),
    ...evidence.servers.flatMap(wrongMemory),
    ...[...evidence.workerStatuses]
      .filter(([status]) => !workersMaySee.includes(status))
      .map(([status, words]) => `I12 a worker saw ${status}: ${words}`),
  ];
}

/**
 * A replica knows the database's clock to half the way of its first renewal there and back, which may be slow here. What
 * history says about timers is checked to the nanosecond.
 */
const CLOCK_MS = 500;

const SHOWN_CHARACTERS = 300;

/** As clients saw them. */
function wrongEndings({ ledger }: Evidence): string[] {
  return [...ledger.accepted.values()].flatMap((planned) => {
    const { id, name, input, output } = planned;
    const ending = ledger.endings.get(id);
    if (!ending) return [`I1 ${id} was accepted and has not ended`];
    const isEarly = name === 'Sleep' && ending.afterMs < Number(input) - CLOCK_MS;
    return [
      ...(isAsPlanned(planned, ending)
        ? []
        : [
            `I1 ${id} ended as ${ending.status} with ${shown(ending.output ?? ending.failure)}, not ${shown(output)}`,
          ]),
      ...(isEarly ? [`I6 ${id} slept ${ending.afterMs} ms instead of ${input}`] : []),
    ];
  });
}

function isAsPlanned({ output, failure }: Planned, ending: Ending): boolean {
  if (failure === undefined) {
    return ending.status === 'ORCHESTRATION_STATUS_COMPLETED' && ending.output === output;
  }
  return ending.status === 'ORCHESTRATION_STATUS_FAILED' && (ending.failure?.includes(failure) ?? false);
}

/** The beginning of what may be very long. */
function shown(text: string | undefined): string {
  return String(text).slice(0, SHOWN_CHARACTERS);
}

/** As the database has them. */
function wrongHistories({ ledger, recorded }: Evidence): string[] {
  const planned = [...ledger.accepted.values()].flatMap(withChildren);
  const ids = new Set(planned.map(({ id }) => id));
  const extra = [...recorded.keys()].filter((id) => !ids.has(id));
  return [
    ...planned.flatMap((one) => {
      const found = recorded.get(one.id);
      return found ? wrongHistory(one, found) : [`I1 ${one.id} was accepted and is not there`];
    }),
    ...extra.map((id) => `I1 ${id} is there, and nobody was told so`),
  ];
}

function wrongHistory(planned: Planned, { row, turns, events }: Recorded): string[] {
  return [
    ...faultsOfRow(planned, row).map((fault) => `I1 ${planned.id} ${fault}`),
    ...faultsOfTurns(row, turns).map((fault) => `I2 ${planned.id} ${fault}`),
    ...faultsOfHistory(events).map((fault) => `I2/I3/I6 ${planned.id} ${fault}`),
  ];
}

/** On two busy cores. Beyond it not even the look that is taken every two seconds has found a timer. */
const LATE_MS = 3_000;
/** Half of many timers: beyond it, it is that look which finds them. */
const HALF_LATE_MS = 500;
const MANY = 20;

function wrongTimers({ recorded, broken }: Evidence): string[] {
  const fired = firedInCalm(firedIn(recorded), broken);
  const late = fired.filter(({ lateMs }) => lateMs > LATE_MS);
  const half = median(fired.map(({ lateMs }) => lateMs));
  return [
    ...late.map(
      ({ id, lateMs }) =>
        `I6 ${id} had a timer that was ${Math.round(lateMs)} ms late, although nothing was broken`,
    ),
    ...(fired.length >= MANY && half > HALF_LATE_MS
      ? [`I6 half of the timers were more than ${half} ms late, although nothing was broken`]
      : []),
  ];
}

/** Each came as often as it was acknowledged, or a little more often where nobody knows; first sent, first come. */
function wrongEvents({ ledger, recorded }: Evidence): string[] {
  return [...ledger.accepted.values()].flatMap(({ id, events }) => {
    const raised = raisedIn(recorded.get(id)?.events ?? []);
    const counts = events.flatMap((name) => {
      const { acknowledged, unknown } = ledger.events.get(`${id}/${name}`) ?? { acknowledged: 0, unknown: 1 };
      const times = raised.filter((one) => one === name).length;
      const isRight = times >= acknowledged && times <= acknowledged + unknown;
      return isRight
        ? []
        : [`I4 ${id} got ${name} ${times} times: acknowledged ${acknowledged}, unknown ${unknown}`];
    });
    const order = [...new Set(raised)].join();
    const isInOrder = order === events.filter((name) => raised.includes(name)).join();
    return isInOrder ? counts : [...counts, `I4 ${id} got its events in the order ${order}`];
  });
}

function wrongEntities({ ledger, entities }: Evidence): string[] {
  const counts = [...ledger.signals].flatMap(([id, { acknowledged, unknown }]) => {
    const count = entities.get(id)?.count ?? 0;
    const isRight = count >= acknowledged && count <= acknowledged + unknown;
    return isRight ? [] : [`I5 ${id} counted ${count}: acknowledged ${acknowledged}, unknown ${unknown}`];
  });
  const sections = [...entities].flatMap(([id, { inside, overlaps }]) => [
    ...overlaps.map(([first, second]) => `I5 ${second} entered ${id} while ${first} was inside`),
    ...(inside === null ? [] : [`I5 ${inside} is still inside ${id}`]),
  ]);
  return [...counts, ...sections];
}

function wrongLines(server: Pick<Launched, 'log' | 'complaints'>, number: number): string[] {
  return [
    ...faultsIn(server).map(
      ({ msg, err }) => `I9 server process ${number} wrote: ${msg} ${err?.message ?? ''}`,
    ),
    ...server.complaints.map((text) => `I9 server process ${number} complained: ${text}`),
  ];
}

function wrongIdling({ idleCallsPerSecond: found }: Evidence): string[] {
  const most = limits.idleCallsPerSecond;
  return found < most ? [] : [`I8 an idle server sends ${found} statements a second, not less than ${most}`];
}

/** A life of five minutes: what a server needs to work is there after a fifth of it, and from then on it may not grow. */
const JUDGED_SAMPLES = 10;

/**
 * What is alive may not grow, and what is resident has a bound: that goes up and down with the load and the allocators,
 * and under faults no load is like the one before it.
 */
function wrongMemory({ residentBytes, liveBytes }: ServerEvidence, number: number): string[] {
  const most = Math.max(0, ...residentBytes);
  const fifth = Math.floor(liveBytes.length / 5);
  const early = Math.min(...liveBytes.slice(fifth, 2 * fifth));
  const end = Math.min(...liveBytes.slice(-fifth));
  const isGrowing = liveBytes.length >= JUDGED_SAMPLES && end > early * limits.residentRatio;
  const shown = liveBytes.map((bytes) => Math.round(bytes / 1e6)).join(' ');
  return [
    ...(isGrowing ? [`I11 server process ${number} grew, in MB alive: ${shown}`] : []),
    ...(most < limits.residentMb * 1e6 ? [] : [`I11 server process ${number} had ${most} bytes resident`]),
  ];
}
