import { countWritten, type Written } from '../postgres/bench-counters.ts';
import { type Loaded, type Moment, momentOf, type Rig } from './rig.ts';

/** What each of the things that were counted has cost. */
export interface Costs {
  readonly serverCpuMicrosEach: number;
  readonly postgresCpuMicrosEach: number;
  readonly commitsEach: number;
  readonly walBytesEach: number;
}

/** What had been done, used and written at one moment. */
export interface CostMoment extends Moment, Written {
  readonly postgresCpuMs: number;
}

/** A server under load; the ceiling has no database. */
export type MaybeStored = Loaded & Partial<Pick<Rig, 'postgresCpuMs' | 'databaseUrl'>>;

export async function costMomentOf(rig: MaybeStored): Promise<CostMoment> {
  const written = rig.databaseUrl === undefined ? none : await countWritten(rig.databaseUrl);
  return { ...(await momentOf(rig)), ...written, postgresCpuMs: rig.postgresCpuMs?.() ?? 0 };
}

const none: Written = { commits: 0, walBytes: 0 };

export function costsOf(before: CostMoment, after: CostMoment, count: number): Costs {
  return {
    serverCpuMicrosEach: ((after.serverCpuMs - before.serverCpuMs) * 1000) / count,
    postgresCpuMicrosEach: ((after.postgresCpuMs - before.postgresCpuMs) * 1000) / count,
    commitsEach: (after.commits - before.commits) / count,
    walBytesEach: (after.walBytes - before.walBytes) / count,
  };
}
