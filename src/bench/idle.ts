import { setTimeout as pause } from 'node:timers/promises';
import { countCalls, statementLibrary } from '../postgres/bench-counters.ts';
import { type Processes } from './processes.ts';
import { type IdleResult, limits, thisMachine } from './result.ts';
import { startRig } from './rig.ts';

export interface IdlePlan {
  readonly seconds: number;
  /** Says what is being done. */
  readonly progress: (line: string) => void;
}

const STREAMS = 100;
const SLOTS = 100;
const WAITING_INSTANCES = 1_000;
/** What a start brings about is over by then. */
const SETTLE_MS = 5_000;

/** Instances that wait and streams that get nothing: what does the server ask of PostgreSQL all the same? */
export async function runIdle({ seconds, progress }: IdlePlan, processes: Processes): Promise<IdleResult> {
  progress(`starting PostgreSQL, the server and ${STREAMS} streams`);
  const settings = { shared_preload_libraries: statementLibrary };
  const rig = await startRig(processes, { streams: STREAMS, slots: SLOTS }, settings);
  progress(`starting ${WAITING_INSTANCES} instances that wait for a timer`);
  await rig.worker.ask('startWaiting', { count: WAITING_INSTANCES });
  await pause(SETTLE_MS);
  progress(`counting statements for ${seconds} s`);
  const cpuBeforeMs = rig.serverCpuMs();
  const statements = await countCalls(rig.databaseUrl, () => pause(seconds * 1000));
  const serverCpuMs = rig.serverCpuMs() - cpuBeforeMs;
  const calls = statements.reduce((sum, statement) => sum + statement.calls, 0);
  return {
    ...thisMachine(),
    ...{ seconds, streams: STREAMS, waitingInstances: WAITING_INSTANCES, calls },
    callsPerSecond: calls / seconds,
    isWithinLimits: calls / seconds < limits.idleCallsPerSecond,
    serverCpuPercent: (serverCpuMs * 100) / (seconds * 1000),
    statements: statements.map(({ calls, text }) => ({ calls, text: text.replaceAll(/\s+/g, ' ').trim() })),
  };
}
