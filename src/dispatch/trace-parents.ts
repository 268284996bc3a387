// Where the trace context of a work item lies. Read only when tracing is on.

import { type Codec, type Message } from '../protocol/codec.ts';
import { unframe } from '../protocol/framing.ts';
import { type TraceParent } from '../telemetry/spans.ts';
import { type Resident } from './resident.ts';

type Context = Message<'TraceContext'> | null;

/** Of executions whose beginning was seen: it is the same for all their turns. */
const known = new WeakMap<
  Resident,
  { readonly generation: number; readonly parent: TraceParent | undefined }
>();

/** What the execution was started with (contract entities §10); undefined for an entity, whose work carries none. */
export function parentOfTurns(resident: Resident, codec: Codec): TraceParent | undefined {
  const { generation } = resident.state;
  const found = known.get(resident);
  if (found?.generation === generation) return found.parent;
  const context = startedContext(resident, codec);
  const parent = toParent(context);
  if (context !== undefined) known.set(resident, { generation, parent });
  return parent;
}

function startedContext({ state, history, messages }: Resident, codec: Codec): Context | undefined {
  if (state.kind === 'entity') return undefined;
  // The first row of an execution that has one; before that what its first turn brings.
  const [first] = history ?? [];
  const events = first ? unframe(first) : messages.map(({ event }) => event);
  for (const event of events) {
    const decoded = codec.decodeEvent(event);
    if (decoded.eventType === 'executionStarted') return decoded.executionStarted.parentTraceContext;
  }
  return undefined;
}

/** What the activity was scheduled with. */
export function parentOfActivity(request: Buffer, codec: Codec): TraceParent | undefined {
  return toParent(codec.decode('ActivityRequest', request).parentTraceContext);
}

function toParent(context: Context | undefined): TraceParent | undefined {
  if (!context) return undefined;
  return { traceParent: context.traceParent, traceState: context.traceState?.value };
}
