import { isSuspect, lostDelayMs } from '../domain/back-off.ts';
import { encodeToken } from '../domain/completion-token.ts';
import { unanswered } from '../domain/poisoned.ts';
import { type InstanceKey } from '../domain/ids.ts';
import { type BatchResult } from '../domain/store.ts';
import { type NewActivity, type ReleasedActivity } from '../domain/write.ts';
import { failpoint } from '../lib/failpoints.ts';
import { type Codec } from '../protocol/codec.ts';
import { activityInstanceId, activityWorkItem } from '../protocol/framing.ts';
import { type StoreMetrics } from '../telemetry/metrics.ts';
import { type Abandons } from './abandons.ts';
import { Clock } from './clock.ts';
import { type ActivityRef, type Requests } from './requests.ts';
import { type WorkerStream, type WorkerStreams } from './streams.ts';
import { parentOfActivity } from './trace-parents.ts';
import { type WorkClass, WorkClasses } from './work-class.ts';

/** An activity of this replica, waiting for a slot since a monotonic moment. */
export type ActivityItem = NewActivity & { readonly attempt: number; readonly readySinceMs: number };

/** An activity that a worker has: bound to its stream, and to a long limit (design.md §3.2). */
export interface ActivityLease extends ActivityRef {
  readonly attempt: number;
  readonly stream: WorkerStream;
  /** Monotonic. */
  readonly sentMs: number;
  /** Monotonic; Infinity when bound to the stream alone. */
  readonly deadlineMs: number;
  /** Monotonic moment when the database was last asked whether it still is this replica's. */
  checkedMs: number;
}

/** What a work item has beside the request. */
const TOKEN_BYTES = 100;

interface ActivityOptions {
  readonly streams: WorkerStreams;
  readonly codec: Codec;
  readonly incarnation: number;
  readonly leaseMs: number;
  readonly maxItemBytes: number;
  /** Deliveries that may end badly. */
  readonly maxAttempts: number;
  readonly requests: Requests;
  readonly abandons: Abandons;
  readonly metrics: Pick<StoreMetrics, 'dispatched' | 'redelivered' | 'spans'>;
}

/** Activities owned by this replica: those that wait for a slot, and the leases of those that are out. */
export class Activities {
  readonly classes: WorkClasses<ActivityItem>;
  readonly #leases = new Map<number, ActivityLease>();
  /** Leases that a hint says are over. */
  readonly #doubted = new Set<ActivityLease>();
  readonly #codec: Codec;
  readonly #incarnation: number;
  readonly #leaseMs: number;
  readonly #maxItemBytes: number;
  readonly #requests: Requests;
  readonly #abandons: Abandons;
  readonly #maxAttempts: number;
  readonly #metrics: ActivityOptions['metrics'];

  constructor(options: ActivityOptions) {
    this.classes = new WorkClasses(options.streams);
    this.#abandons = options.abandons;
    this.#metrics = options.metrics;
    this.#codec = options.codec;
    this.#incarnation = options.incarnation;
    this.#leaseMs = options.leaseMs;
    this.#maxItemBytes = options.maxItemBytes;
    this.#maxAttempts = options.maxAttempts;
    this.#requests = options.requests;
  }

  get outstanding(): number {
    return this.#leases.size;
  }

  classOf(activity: NewActivity): WorkClass<ActivityItem> {
    return this.classes.of(activity.hubId, 'activity', activity.name, activity.effectiveVersion);
  }

  /** Takes over what a batch created here or claimed. */
  learn({ activities, claimedActivities }: BatchResult, mayDispatch: boolean): void {
    const readySinceMs = Clock.monotonicMs();
    for (const activity of activities) this.dispatch({ ...activity, attempt: 0, readySinceMs }, mayDispatch);
    for (const row of claimedActivities) this.dispatch({ ...row, readySinceMs }, mayDispatch);
  }

  /** Sends it now, or queues it, or gives it back when no stream here takes it. */
  dispatch(item: ActivityItem, mayDispatch: boolean): void {
    if (item.request.length + TOKEN_BYTES > this.#maxItemBytes) {
      this.#requests.quarantineActivity(item, tooLarge(item, this.#maxItemBytes));
      return;
    }
    const workClass = this.classOf(item);
    const avoided = this.#abandons.lastOf(item.activityKey);
    const stream = mayDispatch ? workClass.streamFor(item.attempt, avoided) : undefined;
    if (stream) this.send(item, stream);
    else if (workClass.isServed()) this.classes.enqueue(workClass, item, item.attempt);
    else this.#requests.releaseActivities([releaseOf(item, item.attempt, 0)]);
  }

  /** Sends what waits for that stream the longest, if anything does. */
  sendNext(stream: WorkerStream): boolean {
    const item = this.classes.next(stream, 'activity');
    if (item) this.send(item, stream);
    return item !== undefined;
  }

  /** What waits here although no stream takes it any more, or nothing is handed out any more, goes back. */
  releaseUnserved(isDraining: boolean): void {
    const items = this.classes.takeUnserved(isDraining);
    if (items.length === 0) return;
    this.#requests.releaseActivities(items.map((item) => releaseOf(item, item.attempt, 0)));
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
    const nowMs = Clock.monotonicMs();
    this.end(activityKey);
    this.#leases.set(activityKey, {
      partition,
      key,
      activityKey,
      taskId,
      hubId,
      name,
      attempt,
      stream,
      deadlineMs: this.#leaseMs === 0 ? Infinity : nowMs + this.#leaseMs,
      sentMs: nowMs,
      checkedMs: nowMs,
    });
    stream.outstanding.activity++;
    if (isSuspect(attempt)) stream.suspectSent(nowMs);
    stream.unanswered?.sent(activityInstanceId(item.request), taskId, token);
    stream.send(activityWorkItem(item.request, token));
    failpoint('after-dispatch');
    this.#report(item, stream, nowMs - item.readySinceMs);
  }

  #report({ request, name, taskId }: ActivityItem, { hub }: WorkerStream, waitedMs: number): void {
    this.#metrics.dispatched('activity', waitedMs);
    this.#metrics.spans?.dispatched({
      ...{ kind: 'activity', hub, name, taskId, waitedMs },
      instanceId: activityInstanceId(request),
      parent: parentOfActivity(request, this.#codec),
    });
  }

  get(activityKey: number): ActivityLease | undefined {
    return this.#leases.get(activityKey);
  }

  /** Ends the lease, if there is one: its slot is free. */
  end(activityKey: number): void {
    const lease = this.#leases.get(activityKey);
    if (!lease) return;
    this.#leases.delete(activityKey);
    lease.stream.outstanding.activity--;
    if (isSuspect(lease.attempt)) lease.stream.suspectBack(lease.sentMs);
  }

  /** For completions without a token (contract §12.2): the newest lease of that task. */
  findByTask(instance: InstanceKey, taskId: number): ActivityLease | undefined {
    let newest: ActivityLease | undefined;
    for (const lease of this.#leases.values()) {
      if (lease.key !== instance.key || lease.taskId !== taskId) continue;
      if (!newest || newest.activityKey < lease.activityKey) newest = lease;
    }
    return newest;
  }

  /** Another replica may know better about the lease of this activity. */
  doubt(activityKey: number): void {
    const lease = this.#leases.get(activityKey);
    if (lease) this.#doubted.add(lease);
  }

  /** Those that are in doubt, then leases that were not checked for so long, the longest first. They count as checked from now on. */
  takeUnchecked(forMs: number, limit: number): ActivityLease[] {
    const nowMs = Clock.monotonicMs();
    const unchecked = [...this.#doubted].slice(0, limit);
    for (const lease of this.#leases.values()) {
      if (unchecked.length >= limit || nowMs - lease.checkedMs < forMs) break;
      unchecked.push(lease);
    }
    for (const lease of unchecked) {
      this.#doubted.delete(lease);
      if (this.#leases.get(lease.activityKey) !== lease) continue;
      lease.checkedMs = nowMs;
      this.#leases.delete(lease.activityKey);
      this.#leases.set(lease.activityKey, lease);
    }
    return unchecked;
  }

  /** Ends leases whose time is over or whose stream is gone for good. Returns them. */
  expire(isOver: (lease: ActivityLease) => boolean): ActivityLease[] {
    const expired = [...this.#leases.values()].filter(isOver);
    for (const lease of expired) this.end(lease.activityKey);
    return expired;
  }

  /** What came to nothing goes back to the database, one delivery further; after too many it is given up. */
  giveBack(expired: readonly ActivityLease[]): void {
    const isPoison = (lease: ActivityLease): boolean => lease.attempt + 1 >= this.#maxAttempts;
    for (const lease of expired.filter(isPoison)) {
      this.#requests.quarantineActivity(lease, unanswered(lease.attempt + 1));
    }
    const again = expired.filter((lease) => !isPoison(lease));
    if (again.length === 0) return;
    this.#metrics.redelivered('activity', again.length);
    this.#requests.releaseActivities(
      again.map((lease) => {
        const timesLost = lease.attempt + 1;
        return releaseOf(lease, timesLost, lostDelayMs(lease.activityKey, timesLost));
      }),
    );
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
  item: InstanceKey & { readonly activityKey: number; readonly hubId: number },
  attempt: number,
  readyInMs: number,
): ReleasedActivity {
  const { partition, key, activityKey, hubId } = item;
  return { partition, key, activityKey, hubId, isOwn: true, attempt, readyInMs };
}

/** A larger message would end the stream of most workers, again and again (contract §13.6). */
function tooLarge({ request }: NewActivity, maxItemBytes: number): string {
  return `because its work item of ${request.length} bytes is larger than ${maxItemBytes} bytes (PERDURA_MAX_WORK_ITEM_MB)`;
}
