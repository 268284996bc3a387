import { encodeToken } from '../domain/completion-token.ts';
import { type InstanceKey } from '../domain/ids.ts';
import { type NewActivity, type ReleasedActivity } from '../domain/write.ts';
import { activityWorkItem } from '../protocol/framing.ts';
import { type Metrics } from '../telemetry/metrics.ts';
import { Clock } from './clock.ts';
import { type ActivityRef, type Requests } from './requests.ts';
import { type WorkerStream, type WorkerStreams } from './streams.ts';
import { type WorkClass, WorkClasses } from './work-class.ts';

/** An activity of this replica, waiting for a slot since a monotonic moment. */
export type ActivityItem = NewActivity & { readonly attempt: number; readonly readySinceMs: number };

/** An activity that a worker has: bound to its stream, and to a long limit (design.md §3.2). */
export interface ActivityLease extends ActivityRef {
  readonly attempt: number;
  readonly stream: WorkerStream;
  /** Monotonic; Infinity when bound to the stream alone. */
  readonly deadlineMs: number;
}

interface ActivityOptions {
  readonly streams: WorkerStreams;
  readonly incarnation: number;
  readonly leaseMs: number;
  readonly requests: Requests;
  readonly metrics: Pick<Metrics, 'dispatched'>;
}

/** Activities owned by this replica: those that wait for a slot, and the leases of those that are out. */
export class Activities {
  readonly classes: WorkClasses<ActivityItem>;
  readonly #leases = new Map<number, ActivityLease>();
  readonly #incarnation: number;
  readonly #leaseMs: number;
  readonly #requests: Requests;
  readonly #metrics: Pick<Metrics, 'dispatched'>;

  constructor(options: ActivityOptions) {
    this.classes = new WorkClasses(options.streams);
    this.#metrics = options.metrics;
    this.#incarnation = options.incarnation;
    this.#leaseMs = options.leaseMs;
    this.#requests = options.requests;
  }

  get outstanding(): number {
    return this.#leases.size;
  }

  classOf(activity: NewActivity): WorkClass<ActivityItem> {
    return this.classes.of(activity.hubId, 'activity', activity.name, activity.effectiveVersion);
  }

  /** Sends it now, or queues it, or gives it back when no stream here takes it. */
  dispatch(item: ActivityItem, mayDispatch: boolean): void {
    const workClass = this.classOf(item);
    const stream = mayDispatch ? workClass.bestStream() : undefined;
    if (stream) this.send(item, stream);
    else if (workClass.isServed) this.classes.enqueue(workClass, item);
    else this.#requests.releaseActivities([releaseOf(item, item.attempt, 0)]);
  }

  send(item: ActivityItem, stream: WorkerStream): void {
    const { partition, key, activityKey, taskId, attempt, hubId, name } = item;
    const token = encodeToken({
      kind: 'activity',
      incarnation: this.#incarnation,
      partition,
      key,
      activityKey,
      taskId,
      attempt,
    });
    this.#leases.set(activityKey, {
      partition,
      key,
      activityKey,
      taskId,
      hubId,
      name,
      attempt,
      stream,
      deadlineMs: this.#leaseMs === 0 ? Infinity : Clock.monotonicMs() + this.#leaseMs,
    });
    stream.outstanding.activity++;
    this.#metrics.dispatched('activity', Clock.monotonicMs() - item.readySinceMs);
    stream.send(activityWorkItem(item.request, token));
  }

  /** Ends the lease, if there is one: its slot is free. */
  take(activityKey: number, hubId: number): ActivityLease | undefined {
    const lease = this.#leases.get(activityKey);
    if (lease?.hubId !== hubId) return undefined;
    this.#leases.delete(activityKey);
    lease.stream.outstanding.activity--;
    return lease;
  }

  /** For completions without a token (contract §12.2): the newest lease of that task. */
  findByTask(instance: InstanceKey, taskId: number): ActivityLease | undefined {
    let newest: ActivityLease | undefined;
    for (const lease of this.#leases.values()) {
      if (lease.key === instance.key && lease.taskId === taskId) newest = lease;
    }
    return newest;
  }

  /** Ends leases whose time is over or whose stream is gone for good. Returns them. */
  expire(isOver: (lease: ActivityLease) => boolean): ActivityLease[] {
    const expired = [...this.#leases.values()].filter(isOver);
    for (const lease of expired) this.take(lease.activityKey, lease.hubId);
    return expired;
  }

  /** What is out, as plain data: a new incarnation goes on with it (decisions 14). */
  outstandingLeases(): ActivityLease[] {
    return [...this.#leases.values()];
  }

  adopt(leases: readonly ActivityLease[]): void {
    for (const lease of leases) this.#leases.set(lease.activityKey, lease);
  }
}

export function releaseOf(
  item: InstanceKey & { readonly activityKey: number },
  attempt: number,
  readyInMs: number,
): ReleasedActivity {
  const { partition, key, activityKey } = item;
  return { partition, key, activityKey, attempt, readyInMs };
}
