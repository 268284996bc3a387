import { finishedStatusesOf } from '../../src/domain/instance-filter.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { type Request } from '../../src/grpc/client.ts';
import { type CallOf } from './calls.ts';
import * as effects from './operator-effects.ts';
import { Mismatch } from './mismatch.ts';
import { type Operation, type Scene } from './operations.ts';
import { type Reply, type Target } from './oracle.ts';
import { inHub, targetOf, wrapped } from './picks.ts';
import { search, timesOf, windowAround } from './search-operations.ts';

type Single = CallOf<'restart' | 'rewind' | 'purge' | 'read history'>;
type Batch = CallOf<'purge batch' | 'terminate batch'>;

function meant({ hub, target, kind }: Single, { oracle, real }: Scene): Target {
  const hubId = real.hubId(hub);
  const prefers = {
    restart: 'finished',
    rewind: 'failed',
    purge: 'finished',
    'read history': 'living',
  } as const;
  return { hubId, id: targetOf(oracle, hubId, target, prefers[kind]) };
}

/** Each once. */
function allMeant({ hub, targets, kind }: Batch, { oracle, real }: Scene): Target[] {
  const hubId = real.hubId(hub);
  const prefers = kind === 'terminate batch' ? 'living' : 'finished';
  const ids = new Set(targets.map((target) => targetOf(oracle, hubId, target, prefers)));
  return [...ids].map((id) => ({ hubId, id }));
}

export function operatorOperation(call: Single, scene: Scene): Operation {
  switch (call.kind) {
    case 'restart':
      return restart(call, scene);
    case 'rewind':
      return rewind(call, scene);
    case 'purge':
      return purge(call, scene);
    case 'read history':
      return readHistory(call, scene);
  }
}

function restart(call: CallOf<'restart'>, scene: Scene): Operation {
  const { hub, replica, isBeside } = call;
  const target = meant(call, scene);
  const request = { instanceId: target.id, restartWithNewInstanceId: isBeside };
  return {
    text: `restart ${inHub(hub, target.id)}${isBeside ? ' beside itself' : ''} @${replica}`,
    touches: [target],
    async call() {
      const { code, response } = await scene.real.call(hub, replica, 'RestartInstance', request);
      return response ? { code, id: response.instanceId } : { code };
    },
    apply(oracle, reply, now) {
      const newId = isBeside ? (reply.id ?? '') : undefined;
      if (reply.id !== undefined && isBeside && !/^[0-9a-f]{32}$/.test(reply.id)) {
        throw new Mismatch(`'${reply.id}' is no id`);
      }
      return effects.restart(oracle, target, newId, now);
    },
  };
}

function rewind(call: CallOf<'rewind'>, scene: Scene): Operation {
  const { hub, replica, reason } = call;
  const { oracle, real } = scene;
  const target = meant(call, scene);
  const rows = [...oracle.store.instances.values()].filter(({ hubId }) => hubId === target.hubId);
  const request = { instanceId: target.id, reason: wrapped(reason) };
  return {
    text: `rewind ${inHub(hub, target.id)} @${replica}`,
    touches: rows,
    async call() {
      const { code } = await real.call(hub, replica, 'RewindInstance', request);
      const states = await Promise.all(rows.map(({ id }) => real.find(hub, replica, id, false)));
      const executions = states.map(
        (state) => [state?.instanceId ?? '', state?.executionId?.value ?? ''] as const,
      );
      return { code, executions: new Map(executions) };
    },
    apply: (after, { executions }, now) => effects.rewind(after, target, { reason, executions }, now),
  };
}

function purge(call: CallOf<'purge'>, scene: Scene): Operation {
  const { hub, replica, recurse, isOrchestration } = call;
  const target = meant(call, scene);
  const request = { instanceId: target.id, recursive: recurse, isOrchestration };
  return {
    text: `purge ${inHub(hub, target.id)}${recurse ? ' with children' : ''} @${replica}`,
    touches: [target],
    call: () => send(call, request, scene),
    apply(oracle) {
      const row = oracle.find(target);
      const isRunning = row !== undefined && !isTerminal(row.status);
      if (isRunning && isOrchestration) {
        oracle.saw('a purge of a running instance was refused');
        return { code: 'failed_precondition' };
      }
      if (isRunning) oracle.saw('a purge of a running instance purged nothing');
      else oracle.saw(row ? 'a finished instance was purged' : 'a purge of nobody purged nothing');
      return purged(effects.purge(oracle, row ? [row] : [], recurse));
    },
  };
}

export function purgeBatch(call: CallOf<'purge batch'>, scene: Scene): Operation {
  const { hub, replica, recurse } = call;
  const targets = allMeant(call, scene);
  const instanceIds = targets.map(({ id }) => id);
  return {
    text: `purge ${inHub(hub, instanceIds.join())}${recurse ? ' with children' : ''} @${replica}`,
    touches: targets,
    call: () => send(call, { instanceBatch: { instanceIds }, recursive: recurse }, scene),
    apply(oracle) {
      const rows = targets.map((target) => oracle.find(target)).filter((row) => row !== undefined);
      const count = effects.purge(oracle, rows, recurse);
      if (count > 1) oracle.saw('a batch was purged');
      return purged(count);
    },
  };
}

export function purgeAll(call: CallOf<'purge all'>, scene: Scene): Operation {
  const { hub, replica, recurse, statuses } = call;
  const { oracle, real } = scene;
  const hubId = real.hubId(hub);
  const window = windowAround(
    call,
    timesOf(oracle, hubId, ({ createdAt }) => createdAt),
  );
  const purgeInstanceFilter = {
    ...{ createdTimeFrom: window.from, createdTimeTo: window.to, runtimeStatus: [...statuses] },
  };
  const shown = `${JSON.stringify(statuses)}${call.bound ? ' in a window' : ''}`;
  return {
    text: `purge what is ${shown} in hub ${hub}${recurse ? ' with children' : ''} @${replica}`,
    touches: [...oracle.store.instances.values()].filter((row) => row.hubId === hubId),
    call: () => send(call, { purgeInstanceFilter, recursive: recurse }, scene),
    apply(after) {
      const rows = search(after, { hubId, statuses: finishedStatusesOf(statuses), window });
      const count = effects.purge(after, rows, recurse);
      if (count > 0) after.saw('what a filter finds was purged');
      return purged(count);
    },
  };
}

async function send(
  { hub, replica }: CallOf<'purge' | 'purge batch' | 'purge all'>,
  request: Request<'PurgeInstances'>,
  { real }: Scene,
): Promise<Reply> {
  const { code, response } = await real.call(hub, replica, 'PurgeInstances', request);
  return response ? { code, data: response } : { code };
}

const purged = (deletedInstanceCount: number): Reply => ({
  code: 'ok',
  data: { deletedInstanceCount, isComplete: { value: true } },
});

export function terminateBatch(call: CallOf<'terminate batch'>, scene: Scene): Operation {
  const { hub, replica, reason } = call;
  const targets = allMeant(call, scene);
  const instanceIds = targets.map(({ id }) => id);
  const request = { instanceBatch: { instanceIds }, reason: wrapped(reason) };
  return {
    text: `terminate at once ${inHub(hub, instanceIds.join())} @${replica}`,
    touches: targets,
    async call() {
      const rpc = 'SkipGracefulOrchestrationTerminations';
      const { code, response } = await scene.real.call(hub, replica, rpc, request);
      return response ? { code, data: response.unterminatedInstanceIds } : { code };
    },
    apply: (oracle, _, now) => ({
      code: 'ok',
      data: effects.terminateAll(oracle, targets, reason, now),
    }),
  };
}

function readHistory(call: CallOf<'read history'>, scene: Scene): Operation {
  const { hub, replica, execution, isForWorker } = call;
  const target = meant(call, scene);
  const current = scene.oracle.find(target)?.executionId ?? 'none';
  const executionId = { 'not said': null, current, unknown: 'unknown' }[execution];
  const request = { instanceId: target.id, executionId: wrapped(executionId) };
  return {
    text: `read the history of ${inHub(hub, target.id)}, execution ${execution} @${replica}`,
    touches: [],
    async call() {
      const asked = { ...request, forWorkItemProcessing: isForWorker };
      return { code: 'ok', data: await scene.real.readHistory(hub, replica, asked) };
    },
    apply(oracle) {
      const row = execution === 'unknown' ? undefined : oracle.find(target);
      const events = row ? oracle.historyOf(row, isForWorker) : [];
      oracle.saw(row ? 'a history was read' : 'a history that is not there was read');
      return { code: 'ok', data: events };
    },
  };
}
