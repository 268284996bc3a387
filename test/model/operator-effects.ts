// What operators do, to the oracle.

import { terminateControl } from '../../src/domain/events.ts';
import { instanceId, partitionOf } from '../../src/domain/ids.ts';
import { type InstanceSnapshot, isTerminal } from '../../src/domain/instance.ts';
import { ranks } from '../../src/domain/message.ts';
import {
  type FailedInstance,
  isInCriticalSection,
  isRewoundWith,
  type RewindRequest,
  rewindInstance,
  type RewoundHistory,
  rewoundHistory,
} from '../../src/domain/rewind.ts';
import { restartedInstance } from '../../src/domain/start.ts';
import { must } from '../../src/lib/assert.ts';
import { codec } from '../../src/protocol/codec.ts';
import { unframe } from '../../src/protocol/framing.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { Mismatch } from './mismatch.ts';
import { type Oracle, type Reply, type Target } from './oracle.ts';
import { type InstanceRow } from './rows.ts';

/** `newId`: the id that the server chose for one beside the other. */
export function restart(oracle: Oracle, target: Target, newId: string | undefined, now: Timestamp): Reply {
  const row = oracle.find(target);
  if (!row) {
    oracle.saw('a restart of nobody was refused');
    return { code: 'not_found' };
  }
  if (newId === undefined && !isTerminal(row.status)) {
    oracle.saw('a restart in the place of a running instance was refused');
    return { code: 'failed_precondition' };
  }
  const { hubId } = target;
  const id = instanceId(newId ?? row.id);
  oracle.commit({ instances: [restartedInstance(snapshotOf(row), id, { hubId, ...oracle.tools(now) })] });
  const isBeside = newId !== undefined;
  oracle.saw(
    isBeside ? 'an instance was restarted beside itself' : 'a finished instance was restarted in its place',
  );
  return { code: 'ok', id };
}

/** How many went: those of the rows that have finished and, if asked, the finished below them. */
export function purge(oracle: Oracle, rows: readonly InstanceRow[], recurse: boolean): number {
  const finished = new Set(rows.filter(({ status }) => isTerminal(status)));
  const asked = finished.size;
  // Grows while it is gone through.
  for (const { key } of recurse ? finished : []) {
    for (const row of oracle.store.instances.values()) {
      if (row.parent?.key === key && isTerminal(row.status)) finished.add(row);
    }
  }
  if (finished.size > asked) oracle.saw('descendants were purged with their ancestor');
  oracle.purge([...finished]);
  return finished.size;
}

/** Returns the ids of those that can't be terminated. */
export function terminateAll(
  oracle: Oracle,
  targets: readonly Target[],
  reason: string | null,
  now: Timestamp,
): string[] {
  const event = terminateControl({ output: reason, recurse: false }, now, codec);
  const { messages } = oracle.commit({
    messages: targets.map(({ hubId, id }) => ({
      to: { by: 'id', partition: partitionOf(hubId, id), hubId, id: instanceId(id) },
      message: { rank: ranks.control, kind: 'terminate', event },
      isFromClient: true,
    })),
  });
  const left = targets.filter((_, i) => messages[i]?.length === 0).map(({ id }) => id);
  if (targets.length - left.length > 1) oracle.saw('several instances were terminated at once');
  if (left.length > 0) oracle.saw('what can not be terminated was told');
  oracle.applyControls(now);
  return left;
}

interface RewindCall {
  readonly reason: string | null;
  /** The server's own: what it writes is full of them. */
  readonly executions: Reply['executions'];
}

/** The server does it in one write, from the root down. */
export function rewind(oracle: Oracle, target: Target, call: RewindCall, now: Timestamp): Reply {
  const root = oracle.find(target);
  if (root?.status !== 'failed') {
    oracle.saw(root ? 'a rewind of what has not failed was refused' : 'a rewind of nobody was refused');
    return { code: root ? 'failed_precondition' : 'not_found' };
  }
  const { hubId } = target;
  const childOf = (id: string): InstanceSnapshot | undefined => {
    const row = oracle.find({ hubId, id });
    return row && snapshotOf(row);
  };
  const nodes = treeOf(oracle, root, call, childOf);
  if (nodes.some(({ history }) => isInCriticalSection(history))) {
    oracle.saw('a rewind of what failed inside a critical section was refused');
    return { code: 'failed_precondition' };
  }
  for (const node of nodes) checkExecution(oracle, node);
  const writes = nodes.map(({ failed, history, request }) =>
    rewindInstance(failed, history, request, { childOf, tools: oracle.tools(now) }),
  );
  oracle.saw('a failed instance was rewound');
  if (nodes.length > 1) oracle.saw('a failed child was rewound with its parent');
  if (writes.some(({ instances = [] }) => instances.length > 0)) {
    oracle.saw('a rewind made a purged child again');
  }
  oracle.commit({
    rewinds: writes.map((write) => write.rewind),
    timers: writes.flatMap(({ timers = [] }) => timers),
    instances: writes.flatMap(({ instances = [] }) => instances),
    messages: writes.flatMap(({ messages = [] }) => messages),
  });
  return { code: 'ok' };
}

/** From the root down: what has failed, and will run again with it. */
function treeOf(
  oracle: Oracle,
  root: InstanceRow,
  call: RewindCall,
  childOf: (id: string) => InstanceSnapshot | undefined,
): Node[] {
  const nodes = [nodeOf(oracle, root, call, null)];
  // Grows while it is gone through.
  for (const { failed, history, request } of nodes) {
    for (const open of history.children) {
      if (!isRewoundWith(failed, open, childOf(open.id))) continue;
      const child = must(oracle.find({ hubId: root.hubId, id: open.id }), 'a failed child');
      nodes.push(nodeOf(oracle, child, call, request.executionId));
    }
  }
  return nodes;
}

interface Node {
  readonly failed: FailedInstance;
  readonly history: RewoundHistory;
  readonly request: RewindRequest;
}

function nodeOf(
  { store }: Oracle,
  row: InstanceRow,
  { reason, executions }: RewindCall,
  parentExecutionId: string | null,
): Node {
  const executionId = executions?.get(row.id) ?? '';
  const rows = store.history.get(row.key) ?? [];
  const failed = {
    state: { ...row, attempts: 0, suspension: null, traceContext: null },
    history: rows.flatMap(({ events }) => unframe(events)),
  };
  return {
    failed,
    history: rewoundHistory(failed, { codec }),
    request: { reason, executionId, parentExecutionId },
  };
}

function checkExecution({ executionIds }: Oracle, { failed, request: { executionId } }: Node): void {
  const isNew = /^[0-9a-f]{32}$/.test(executionId) && !executionIds.has(executionId);
  if (!isNew) throw new Mismatch(`'${failed.state.id}' was not rewound to a new execution: '${executionId}'`);
}

const snapshotOf = (row: InstanceRow): InstanceSnapshot => ({ ...row, owner: null });
