import { type Dispatch } from '../dispatch/dispatch.ts';
import { type HubQuotas } from '../dispatch/hub-quotas.ts';
import { type WorkerStreams } from '../dispatch/streams.ts';
import { type HubName, type Ids } from '../domain/ids.ts';
import { type Bounds } from '../domain/limits.ts';
import { type Store } from '../domain/store.ts';
import { type BoundedTools } from '../domain/tools.ts';
import { type Codec } from '../protocol/codec.ts';
import { type Timestamp } from '../protocol/messages.ts';
import { type Logger } from '../telemetry/log.ts';
import { type StoreMetrics } from '../telemetry/metrics.ts';
import { type InstanceWaits } from './instance-waits.ts';

/** Settings that operations and loops read; times in their unit. */
export interface EngineSettings {
  readonly orchestrationLeaseMs: number;
  /** 0: an activity is bound to its stream alone. */
  readonly activityLeaseMs: number;
  readonly streamGraceMs: number;
  readonly maxDeliveryAttempts: number;
  readonly maxWorkItemBytes: number;
  readonly historyCacheBytes: number;
  readonly bounds: Bounds;
}

/** What every operation may use: one incarnation of the engine of one store. Built in `engine.ts`. */
export interface Context {
  readonly store: Store;
  readonly dispatch: Dispatch;
  readonly streams: WorkerStreams;
  readonly waits: InstanceWaits;
  readonly quotas: HubQuotas;
  readonly ids: Ids;
  readonly codec: Codec;
  readonly settings: EngineSettings;
  readonly log: Logger;
  readonly metrics: StoreMetrics;
  /** One clock per replica: monotonic, with the offset to the database learned at each renewal (ownership.md §9). */
  readonly now: () => Timestamp;
  /** Aborts when this incarnation is over. */
  readonly signal: AbortSignal;
  /** This replica may not write any more, or the database forgot: this incarnation ends and a new one begins (ownership.md §8). */
  readonly startOver: (reason: string) => void;
}

/** What a decision of this moment needs. */
export function toolsOf({ codec, ids, now, settings }: Context): BoundedTools {
  return { codec, ids, now: now(), bounds: settings.bounds };
}

/** A context and the task hub that a call is for. */
export interface HubContext extends Context {
  readonly hubId: number;
  readonly hub: HubName;
  /** The hub that has this name by now: another one when this one is gone. Rejects as `HubDirectory.contextFor` does. */
  readonly current: () => Promise<HubContext>;
}
