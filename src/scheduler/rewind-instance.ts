import { aborted, SchedulerError } from '../domain/errors.ts';
import { instanceId, type InstanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { limits } from '../domain/limits.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import {
  type FailedInstance,
  isInCriticalSection,
  isRewoundWith,
  type RewindRequest,
  rewindInstance as rewindOne,
  type RewoundHistory,
  rewoundHistory,
} from '../domain/rewind.ts';
import { instanceNotFound } from '../domain/start.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { type Write } from '../domain/write.ts';
import { unframe } from '../protocol/framing.ts';
import { type RewindInstanceRequest } from '../protocol/messages.ts';
import { type HubContext, toolsOf } from './context.ts';

/** The tree may change between our look and our write; so often we look again. */
const ATTEMPTS = 5;

/**
 * Brings a failed instance back, and its failed descendants with it, in one write (contract §11). Rejects with
 * `not_found` or `failed_precondition`. When this resolves its status is RUNNING.
 */
export async function rewindInstance(context: HubContext, request: RewindInstanceRequest): Promise<void> {
  const { store, hubId } = context;
  const { instanceId: id, reason } = request;
  checkPayload(reason, 'reason of the rewind', context.settings.bounds);
  if (!canBeInstanceId(id)) throw instanceNotFound(id);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [root] = await store.readInstances([{ hubId, id: instanceId(id) }], true);
    if (root?.kind !== 'orchestration') throw instanceNotFound(id);
    if (root.status !== 'failed') throw notFailed(root);
    const result = await store.commit(await planTree(context, root, reason?.value ?? null));
    if (result.outcome === 'committed') return;
  }
  throw aborted(`the instance '${id}' or its children changed while they were being rewound; try again`);
}

function notFailed({ id, status }: InstanceSnapshot): SchedulerError {
  return new SchedulerError(
    'failed_precondition',
    `Cannot rewind orchestration '${id}': it is in the '${status.toUpperCase()}' state, which does not allow rewinding; only failed orchestrations can be rewound.`,
  );
}

function inCriticalSection({ id }: InstanceSnapshot): SchedulerError {
  return new SchedulerError(
    'failed_precondition',
    `Cannot rewind orchestration '${id}': it failed while it held locks of entities, which were released; restart it instead.`,
  );
}

interface Node {
  readonly failed: FailedInstance;
  readonly history: RewoundHistory;
  readonly request: RewindRequest;
}

/** From the root down: a failed child is rewound by an entry of its own. */
async function planTree(context: HubContext, root: InstanceSnapshot, reason: string | null): Promise<Write> {
  const tools = toolsOf(context);
  const nodes: Node[] = [await loadNode(context, root, { reason, parentExecutionId: null })];
  const children = new Map<InstanceId, InstanceSnapshot>();
  let bytes = 0;
  // Grows while it is gone through: a failed child comes after its parent.
  for (const node of nodes) {
    bytes += node.failed.history.reduce((sum, event) => sum + event.length, 0);
    checkSize(root, nodes.length, bytes);
    for (const child of await readChildren(context, node)) children.set(child.id, child);
    for (const open of node.history.children) {
      const child = children.get(open.id);
      if (!isRewoundWith(node.failed, open, child)) continue;
      nodes.push(await loadNode(context, child, { reason, parentExecutionId: node.request.executionId }));
    }
  }
  const writes = nodes.map(({ failed, history, request }) =>
    rewindOne(failed, history, request, { childOf: (id) => children.get(id), tools }),
  );
  return {
    rewinds: writes.map(({ rewind }) => rewind),
    timers: writes.flatMap(({ timers = [] }) => timers),
    instances: writes.flatMap(({ instances = [] }) => instances),
    messages: writes.flatMap(({ messages = [] }) => messages),
  };
}

function checkSize({ id }: InstanceSnapshot, count: number, bytes: number): void {
  if (count <= limits.rewoundInstances && bytes <= limits.rewoundBytes) return;
  throw new SchedulerError(
    'resource_exhausted',
    `the instance '${id}' has more failed descendants, or longer histories, than can be rewound together; rewind failed descendants first`,
  );
}

async function loadNode(
  { store, codec, ids }: HubContext,
  instance: InstanceSnapshot,
  request: Omit<RewindRequest, 'executionId'>,
): Promise<Node> {
  const rows = await store.readHistory(instance);
  const failed = {
    state: {
      ...instance,
      attempts: 0,
      suspension: null,
      traceContext: null,
      sections: [],
      entityState: null,
      heldBy: null,
    },
    history: rows.flatMap((row) => unframe(row)),
  };
  const history = rewoundHistory(failed, { codec });
  if (isInCriticalSection(history)) throw inCriticalSection(instance);
  return {
    failed,
    history,
    request: { ...request, executionId: ids.executionId() },
  };
}

async function readChildren({ store, hubId }: HubContext, { history }: Node): Promise<InstanceSnapshot[]> {
  const wanted = history.children.map(({ id }) => ({ hubId, id }));
  if (wanted.length === 0) return [];
  return (await store.readInstances(wanted, true)).filter((child) => child !== undefined);
}
