import { type Codec } from '../protocol/codec.ts';
import { type ActivityResponse, type Timestamp } from '../protocol/messages.ts';
import { payload, wrapped } from './payload.ts';

/*
 * Events that come into being outside of turns, encoded. Every event that the server makes has the id -1: .NET drops
 * a result whose id it has seen (contract §1 rule 1).
 */
type Encoder = Pick<Codec, 'encodeEvent'>;

/** EventRaised; the input is kept as it was sent. */
export function raisedEvent(name: string, input: string | null, now: Timestamp, codec: Encoder): Buffer {
  return codec.encodeEvent({ eventId: -1, timestamp: now, eventRaised: { name, input: wrapped(input) } });
}

/** ExecutionSuspended. */
export function suspendControl(reason: string | null, now: Timestamp, codec: Encoder): Buffer {
  return codec.encodeEvent({ eventId: -1, timestamp: now, executionSuspended: { input: wrapped(reason) } });
}

/** ExecutionResumed. */
export function resumeControl(reason: string | null, now: Timestamp, codec: Encoder): Buffer {
  return codec.encodeEvent({ eventId: -1, timestamp: now, executionResumed: { input: wrapped(reason) } });
}

/** ExecutionTerminated; `recurse`: its children are terminated too. */
export function terminateControl(
  { output, recurse }: { readonly output: string | null; readonly recurse: boolean },
  now: Timestamp,
  codec: Encoder,
): Buffer {
  return codec.encodeEvent({
    eventId: -1,
    timestamp: now,
    executionTerminated: { input: wrapped(output), recurse },
  });
}

/** TaskCompleted, or TaskFailed if there are failure details, even without a message (contract §12.2). */
export function activityResult(
  { result, failureDetails }: Pick<ActivityResponse, 'result' | 'failureDetails'>,
  taskId: number,
  now: Timestamp,
  codec: Encoder,
): Buffer {
  if (failureDetails) {
    const taskFailed = { taskScheduledId: taskId, failureDetails };
    return codec.encodeEvent({ eventId: -1, timestamp: now, taskFailed });
  }
  const taskCompleted = { taskScheduledId: taskId, result: wrapped(payload(result)) };
  return codec.encodeEvent({ eventId: -1, timestamp: now, taskCompleted });
}
