import { type Resident } from '../dispatch/resident.ts';
import { type Turn } from '../domain/turn.ts';
import { must } from '../lib/assert.ts';
import { unframe } from '../protocol/framing.ts';

/** The encoded ExecutionStarted event of an execution: in the turn that begins it, afterwards second in its history. */
export function startedEventOf(resident: Resident, turn: Turn): Buffer {
  const inTurn = turn.consumed.find((message) => message.kind === 'started');
  if (inTurn) return inTurn.event;
  const first = must(resident.history?.[0], 'the history of a running execution');
  return must(unframe(first)[1], 'ExecutionStarted in history');
}
