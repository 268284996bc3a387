import { type Filling } from '../postgres/bench-rows.ts';
import { CONCURRENCY, type Streams, streamsFor } from './plan.ts';
import { type RigOptions } from './rig.ts';
import { whole } from './table.ts';

/** How much of what grows. */
interface Amounts {
  /** Instances. */
  readonly few: number;
  readonly many: number;
  readonly transactionMinutes: number;
  readonly churnMinutes: number;
}

/** What is different from a server with a fresh database. */
export interface Level {
  readonly title: (amounts: Amounts) => string;
  readonly filling?: (amounts: Amounts) => Filling;
  readonly rig?: Partial<RigOptions>;
  /** Whether a transaction that began before it all is open all the time. */
  readonly keepsSnapshot?: true;
  /** Of load before it is measured. */
  readonly loadMinutes?: (amounts: Amounts) => number;
}

function finished(count: (amounts: Amounts) => number): Level {
  return {
    title: (amounts) => `${whole(count(amounts))} finished instances`,
    filling: (amounts) => ({ finished: count(amounts), waiting: 0 }),
  };
}

function waiting(count: (amounts: Amounts) => number): Level {
  return {
    title: (amounts) => `${whole(count(amounts))} instances that wait, with a timer each`,
    filling: (amounts) => ({ finished: 0, waiting: count(amounts) }),
  };
}

function hubs(count: number): Level {
  return { title: () => `${count} task hubs, with a stream each`, rig: { hubs: count, streams: count } };
}

function payloads(payloadBytes: number): Level {
  return { title: () => `payloads of ${whole(payloadBytes)} bytes`, rig: { payloadBytes } };
}

/** What grows, and how far, in the order in which it is measured. */
export const levelNames = [
  ...(['finished-few', 'finished-many', 'waiting-few', 'waiting-many', 'hubs-10', 'hubs-100'] as const),
  ...(['replicas-2', 'payload-1k', 'payload-10k', 'payload-100k', 'transaction', 'churn'] as const),
  ...(['api-keys', 'tls', 'encryption'] as const),
];
export type LevelName = (typeof levelNames)[number];

export const levels: Readonly<Record<LevelName, Level>> = {
  'finished-few': finished(({ few }) => few),
  'finished-many': finished(({ many }) => many),
  'waiting-few': waiting(({ few }) => few),
  'waiting-many': waiting(({ many }) => many),
  'hubs-10': hubs(10),
  'hubs-100': hubs(100),
  'replicas-2': { title: () => '2 replicas', rig: { serverProcesses: 2 } },
  'payload-1k': payloads(1_000),
  'payload-10k': payloads(10_000),
  'payload-100k': payloads(100_000),
  transaction: {
    title: ({ transactionMinutes }) => `a transaction open since ${transactionMinutes} minutes of load`,
    keepsSnapshot: true,
    loadMinutes: ({ transactionMinutes }) => transactionMinutes,
  },
  churn: {
    title: ({ churnMinutes }) => `${churnMinutes} minutes of load before`,
    loadMinutes: ({ churnMinutes }) => churnMinutes,
  },
  'api-keys': { title: () => 'callers that show an API key', rig: { showsKey: true } },
  tls: { title: () => 'TLS', rig: { usesTls: true } },
  encryption: { title: () => 'encrypted payloads', rig: { encrypts: true } },
};

export interface GrowthPlan extends Streams {
  readonly levels: readonly LevelName[];
  readonly amounts: Amounts;
  readonly concurrency: number;
  /** Of each level, and as many of the fresh server beside it. */
  readonly windows: number;
  readonly windowSeconds: number;
  readonly warmUpSeconds: number;
  /** Says what is being done. */
  readonly progress: (line: string) => void;
}

const thorough = {
  amounts: { few: 200_000, many: 1_000_000, transactionMinutes: 10, churnMinutes: 15 },
  ...{ concurrency: CONCURRENCY, windows: 3, windowSeconds: 10, warmUpSeconds: 10 },
};

const quick = {
  amounts: { few: 5_000, many: 20_000, transactionMinutes: 0.2, churnMinutes: 0.2 },
  ...{ concurrency: 128, windows: 1, windowSeconds: 3, warmUpSeconds: 1 },
};

/** The whole run takes about an hour, a quick one six minutes. */
export function planGrowth(
  wish: Pick<GrowthPlan, 'levels' | 'progress'> & { readonly isQuick: boolean },
): GrowthPlan {
  const { isQuick, ...rest } = wish;
  const amounts = isQuick ? quick : thorough;
  return { ...amounts, ...rest, ...streamsFor(amounts.concurrency) };
}
