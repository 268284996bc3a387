// Leases of replicas, with time: who may bury whom, and how long a replica may trust itself.
//
// The model of the protocol (model.ts) lets a lease run out whenever it likes. Here time is counted instead, in ticks of
// one renewal: a lease lives three ticks, and a replica that runs while the database is there renews in every tick. What
// may happen beside: a replica is paused and wakes up (also between sending a renewal and reading its answer), and the
// database is away. Checked is what that model takes for granted: an outage of the database alone kills nobody, and
// nothing is handed out by a replica whose row is gone.

import { type Step, type System } from './checker.ts';
import { defined } from './scenario.ts';
import { replaced } from './state.ts';

export const leaseRules = {
  steadyReaper: {
    says: 'a replica may bury others only after a whole lease time of timely renewals of its own',
    dropped: 'it may whenever it finds an expired row',
  },
  ageChecked: {
    says: 'nothing is handed out when the last renewal is older than half a lease',
    dropped: 'work is handed out until a renewal fails',
  },
  ageFromSending: {
    says: 'the age of a renewal is measured from when it was sent',
    dropped: 'it is measured from when the answer was read',
  },
} as const;

export type LeaseRule = keyof typeof leaseRules;

/** Ticks that a lease lives; ages stop counting there. */
const lifetime = 3;
/** A renewal of this age is trusted: less than half a lease ago. */
const trusted = 1;

interface Replica {
  readonly isPaused: boolean;
  readonly hasRow: boolean;
  /** Since the database extended its lease. */
  readonly rowAge: number;
  /** Since the last renewal that it knows to have succeeded. */
  readonly trustAge: number;
  /** Since the renewal under way was sent. */
  readonly sentAge: number | undefined;
  readonly hasRenewed: boolean;
  /** Since when every renewal was in time. */
  readonly steadyFor: number;
  /** It was paused since its last renewal. */
  readonly wasPaused: boolean;
}

interface State {
  readonly replicas: readonly Replica[];
  readonly isDatabaseUp: boolean;
  readonly pauses: number;
  readonly outages: number;
}

export function leases(...lacks: readonly LeaseRule[]): System<State> {
  const fresh: Replica = {
    ...{ isPaused: false, hasRow: true, rowAge: 0, trustAge: 0, sentAge: undefined },
    ...{ hasRenewed: true, steadyFor: lifetime, wasPaused: false },
  };
  return {
    name: 'leases',
    initial: { replicas: [fresh, fresh], isDatabaseUp: true, pauses: 2, outages: 2 },
    encode: (state) => JSON.stringify(state),
    steps: (state) => [
      ...ticks(state),
      ...outages(state),
      ...[0, 1].flatMap((side) => stepsOf(state, side, new Set(lacks))),
    ],
    flawAtRest: () => undefined,
  };
}

function change(state: State, side: number, what: Partial<Replica>): State {
  return {
    ...state,
    replicas: replaced(state.replicas, side, { ...defined(state.replicas[side]), ...what }),
  };
}

/** Somebody who runs has not renewed in this tick, and could. */
function isLate({ replicas, isDatabaseUp }: State): boolean {
  if (!isDatabaseUp) return false;
  return replicas.some(
    ({ isPaused, hasRow, hasRenewed, sentAge }) =>
      !isPaused && hasRow && (!hasRenewed || sentAge !== undefined),
  );
}

/** Time goes on when everybody who can renew has renewed. */
function ticks(state: State): Step<State>[] {
  if (isLate(state)) return [];
  const older = (age: number): number => Math.min(age + 1, lifetime);
  const replicas = state.replicas.map((replica) => ({
    ...replica,
    rowAge: older(replica.rowAge),
    trustAge: older(replica.trustAge),
    sentAge: replica.sentAge === undefined ? undefined : older(replica.sentAge),
    steadyFor: older(replica.steadyFor),
    hasRenewed: false,
  }));
  return [{ sort: 'choice', says: 'five seconds pass', next: { ...state, replicas } }];
}

/** The database comes back for long enough that everybody can renew. */
function outages(state: State): Step<State>[] {
  if (!state.isDatabaseUp) {
    return [{ sort: 'step', says: 'the database is back', next: { ...state, isDatabaseUp: true } }];
  }
  if (state.outages === 0 || isLate(state)) return [];
  const next = { ...state, isDatabaseUp: false, outages: state.outages - 1 };
  return [{ sort: 'choice', says: 'the database is away', next }];
}

function stepsOf(state: State, side: number, lacks: ReadonlySet<LeaseRule>): Step<State>[] {
  const me = defined(state.replicas[side]);
  const name = side === 0 ? 'A' : 'B';
  if (me.isPaused) {
    return [{ sort: 'step', says: `${name} wakes up`, next: change(state, side, { isPaused: false }) }];
  }
  const steps = [...renewals(state, side, lacks), ...burials(state, side, lacks)];
  if (state.pauses > 0) {
    const next = change({ ...state, pauses: state.pauses - 1 }, side, { isPaused: true, wasPaused: true });
    steps.push({ sort: 'choice', says: `${name} is paused`, next });
  }
  if (me.trustAge <= trusted || lacks.has('ageChecked')) {
    const flaw = me.hasRow ? undefined : `${name} hands out work after it was buried`;
    steps.push({ sort: 'choice', says: `${name} hands out work`, next: state, flaw });
  }
  return steps;
}

function renewals(state: State, side: number, lacks: ReadonlySet<LeaseRule>): Step<State>[] {
  const me = defined(state.replicas[side]);
  const name = side === 0 ? 'A' : 'B';
  if (me.sentAge !== undefined) {
    const trustAge = lacks.has('ageFromSending') ? 0 : me.sentAge;
    const read = { trustAge, sentAge: undefined };
    return [{ sort: 'step', says: `${name} reads that it has renewed`, next: change(state, side, read) }];
  }
  if (me.hasRenewed || !state.isDatabaseUp || !me.hasRow) return [];
  const steadyFor = me.trustAge > trusted ? 0 : me.steadyFor;
  const sent = { hasRenewed: true, rowAge: 0, sentAge: 0, steadyFor, wasPaused: false };
  return [{ sort: 'step', says: `${name} renews`, next: change(state, side, sent) }];
}

/** Deletes the expired row of the other, right after a renewal of its own. */
function burials(state: State, side: number, lacks: ReadonlySet<LeaseRule>): Step<State>[] {
  const me = defined(state.replicas[side]);
  const other = defined(state.replicas[1 - side]);
  if (!state.isDatabaseUp || !other.hasRow || other.rowAge < lifetime) return [];
  if (!hasJustRenewed(me) || (me.steadyFor < lifetime && !lacks.has('steadyReaper'))) return [];
  const flaw = other.wasPaused ? undefined : 'an outage of the database killed a replica that was running';
  const next = change(state, 1 - side, { hasRow: false });
  return [{ sort: 'step', says: side === 0 ? 'A buries B' : 'B buries A', next, flaw }];
}

function hasJustRenewed({ hasRow, hasRenewed, sentAge }: Replica): boolean {
  return hasRow && hasRenewed && sentAge === undefined;
}
