// Places where a test may make the server die, to show that nothing is lost there. Inert unless PERDURA_FAILPOINTS arms
// some of them; a server that starts with any says so.

export const failpointNames = [
  /** A commit batch is about to be sent. */
  'before-commit',
  /** It is on its way, COMMIT included. */
  'commit-sent',
  /** It was committed, and nobody knows yet. */
  'after-commit',
  /** Memory knows; callers, workers and other replicas are yet to be told. */
  'before-replies',
  /** A work item was handed to a stream. */
  'after-dispatch',
  /** Hints were sent to other replicas. */
  'after-hint',
  /** A chunk of a streamed history was handed out. */
  'mid-stream',
  /** A task hub has its place, and is yet to be made. */
  'after-place',
  /** A statement of a migration was executed. */
  'in-migration',
] as const;

export type Failpoint = (typeof failpointNames)[number];

/** How often each is passed until the process dies there; 1: the first time. */
export type Failpoints = ReadonlyMap<Failpoint, number>;

const armed = new Map<Failpoint, number>();

export function armFailpoints(points: Failpoints): void {
  for (const [point, passes] of points) armed.set(point, passes);
}

/** Dies here, as by kill -9, if this is the pass for which it is armed. */
export function failpoint(point: Failpoint): void {
  if (armed.size === 0) return;
  const passes = armed.get(point);
  if (passes === undefined) return;
  armed.set(point, passes - 1);
  if (passes === 1) process.kill(process.pid, 'SIGKILL');
}
