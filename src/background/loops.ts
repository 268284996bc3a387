import { Clock } from '../dispatch/clock.ts';
import { type WorkerStreams } from '../dispatch/streams.ts';
import { checkActivities } from '../scheduler/check-activities.ts';
import { claimWork } from '../scheduler/claim-work.ts';
import { type Context } from '../scheduler/context.ts';
import { pollTimers } from '../scheduler/fire-timers.ts';
import { recordStored } from '../scheduler/record-stored.ts';
import { type RenewalMemory, renewReplica } from '../scheduler/renew-replica.ts';
import { sweep } from '../scheduler/sweep.ts';
import { measureBacklog } from '../scheduler/measure-backlog.ts';
import { measureQuotas } from '../scheduler/measure-quotas.ts';
import { refreshQuotas } from '../scheduler/refresh-quotas.ts';
import { type Loop } from './loop.ts';

const RENEW_EVERY_MS = 5_000;

/** Loops that answer "how many" but should keep their pace whatever they found. */
function paced(once: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    await once();
    return 0;
  };
}

/** The periodic work of one incarnation, as a table. */
export function engineLoops(context: Context, memory: RenewalMemory) {
  const { dispatch, store, quotas } = context;
  return {
    renew: { name: 'renew', everyMs: RENEW_EVERY_MS, once: paced(() => renewReplica(context, memory)) },
    claim: { name: 'claim', everyMs: 60_000, once: () => claimWork(context) },
    pollTimers: { name: 'poll-timers', everyMs: 2_000, once: paced(() => pollTimers(context)) },
    sweep: { name: 'sweep', everyMs: 2_000, once: paced(() => sweep(context)) },
    recordStored: { name: 'record-stored', everyMs: 60_000, once: () => recordStored(context) },
    expireLeases: {
      name: 'expire-leases',
      everyMs: 500,
      once: paced(() => Promise.resolve(dispatch.expireLeases())),
    },
    checkActivities: { name: 'check-activities', everyMs: 10_000, once: () => checkActivities(context) },
    sweepHubs: { name: 'sweep-deleted-hubs', everyMs: 30_000, once: () => store.sweepDeletedHubs() },
    forgetRequests: { name: 'forget-requests', everyMs: 30_000, once: () => store.forgetRequests() },
    measureBacklog: { name: 'measure-backlog', everyMs: 15_000, once: paced(() => measureBacklog(context)) },
    refreshQuotas: { name: 'refresh-quotas', everyMs: 5_000, once: paced(() => refreshQuotas(context)) },
    measureQuotas: { name: 'measure-quotas', everyMs: 100, once: () => measureQuotas(context) },
    letGo: {
      name: 'let-go',
      everyMs: 100,
      once: paced(() => Promise.resolve(quotas.letGo(Clock.monotonicMs()))),
    },
    lookAgain: {
      name: 'look-again',
      everyMs: 2_000,
      once: paced(() => Promise.resolve(context.waits.wakeAll())),
    },
  } satisfies Record<string, Loop>;
}

/** The periodic work of the process: it outlives incarnations. */
export function processLoops(streams: WorkerStreams, refreshHubs: () => Promise<void>): Loop[] {
  return [
    { name: 'ping-streams', everyMs: 25_000, once: paced(() => Promise.resolve(streams.pingAll())) },
    { name: 'refresh-hubs', everyMs: 30_000, once: paced(refreshHubs) },
  ];
}

/** What becomes of the audit log: `write` stores some of what waits, `forget` deletes some of what is old. */
export function auditLoops(write: () => Promise<number>, forget: () => Promise<number>): Loop[] {
  return [
    { name: 'write-audit', everyMs: 500, once: write },
    { name: 'forget-audit', everyMs: 10 * 60_000, once: forget },
  ];
}

export function newRenewalMemory(clock: Clock, nowMs: number): RenewalMemory {
  return { clock, steadySinceMs: nowMs, lastSentMs: nowMs, timeline: undefined };
}
