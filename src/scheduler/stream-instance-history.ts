import { aborted } from '../domain/errors.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { type HistoryPage } from '../domain/store.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { failpoint } from '../lib/failpoints.ts';
import { CHUNK, splitFrames, withoutRewinds, withStartId0 } from '../protocol/framing.ts';
import { type StreamInstanceHistoryRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

/**
 * The history of the current execution in encoded chunks (contract §6.4); nothing for an unknown instance or an
 * execution that is over. For a worker that holds a turn it is exactly the past of that turn (§6.5): a turn that is out
 * has recorded nothing. Ends with `aborted` when the execution changed meanwhile.
 */
export async function* streamHistory(
  context: HubContext,
  request: StreamInstanceHistoryRequest,
): AsyncGenerator<Buffer> {
  const instance = await find(context, request);
  if (!instance) return;
  const isForWorker = request.forWorkItemProcessing;
  for (let after = 0; after < instance.turn;) {
    const rows = await readPage(context, instance, { after, isForWorker });
    const last = rows.at(-1);
    if (!last) return;
    const events = rows.map((row) => row.events);
    const shown = isForWorker ? forWorker(events, instance) : forReader(events, after === 0);
    for (const chunk of splitFrames(shown, CHUNK, limits.historyChunkBytes)) {
      yield chunk;
      failpoint('mid-stream');
    }
    after = last.turn;
  }
}

function forWorker(events: readonly Buffer[], { isRewound }: InstanceSnapshot): readonly Buffer[] {
  return isRewound ? events.map(withoutRewinds) : events;
}

function forReader(events: readonly Buffer[], isBeginning: boolean): readonly Buffer[] {
  return isBeginning ? events.map((row, at) => (at === 0 ? withStartId0(row) : row)) : events;
}

async function find(
  { store, hubId }: HubContext,
  { instanceId: id, executionId }: StreamInstanceHistoryRequest,
): Promise<InstanceSnapshot | undefined> {
  if (!canBeInstanceId(id)) return undefined;
  const [instance] = await store.readInstances([{ hubId, id: instanceId(id) }], false);
  if (instance?.kind !== 'orchestration') return undefined;
  return executionId && executionId.value !== instance.executionId ? undefined : instance;
}

/** What was recorded since is left out. */
async function readPage(
  { store }: HubContext,
  instance: InstanceSnapshot,
  { after, isForWorker }: { readonly after: number; readonly isForWorker: boolean },
): Promise<HistoryPage['rows']> {
  const { id, executionId, turn } = instance;
  const page = await store.readHistoryPage(instance, after);
  if (page?.executionId !== executionId || (isForWorker && page.turn !== turn)) {
    throw aborted(`the history of the instance '${id}' changed while it was read; read it again`);
  }
  return page.rows.filter((row) => row.turn <= turn);
}
