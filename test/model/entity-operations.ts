import { randomUUID } from 'node:crypto';
import { must } from '../../src/lib/assert.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { fromNow } from '../helpers/scripted-worker.ts';
import { mangle } from './bogus-operations.ts';
import {
  type BatchScript,
  type Deed,
  type DeedOf,
  type EntityCall,
  entityIdOf,
  type OperationScript,
  type SignalTime,
} from './entity-calls.ts';
import * as effects from './entity-effects.ts';
import { cleanEntities, queryEntities } from './entity-searches.ts';
import { type SentSignal } from './entity-steps.ts';
import { type Operation, type Scene } from './operations.ts';
import { type BatchOut, type Oracle, type Target } from './oracle.ts';
import { inHub, pickOf, targetOf, wrapped } from './picks.ts';

/** A deed at its place. */
export type Placed<Kind extends Deed['kind']> = EntityCall & { readonly deed: DeedOf<Kind> };

export function entityOperation(call: EntityCall, scene: Scene): Operation | undefined {
  const { deed } = call;
  switch (deed.kind) {
    case 'signal':
      return signal({ ...call, deed }, scene);
    case 'repeat a signal':
      return repeatSignal({ ...call, deed }, scene);
    case 'complete a batch':
      return completeBatch({ ...call, deed }, scene);
    case 'abandon a batch':
      return abandonBatch({ ...call, deed }, scene);
    case 'bogus answer to a batch':
      return bogusBatch({ ...call, deed }, scene);
    case 'purge an entity':
      return purge({ ...call, deed }, scene);
    case 'read an entity':
      return read({ ...call, deed }, scene);
    case 'query entities':
      return queryEntities({ ...call, deed }, scene);
    case 'clean entity storage':
      return cleanEntities(call, scene);
  }
}

// ── signals ──

export function timeOf(when: SignalTime): Timestamp | null {
  return { now: null, past: fromNow(-3_600_000), soon: fromNow(60), late: fromNow(3_600_000) }[when];
}

function signal({ hub, replica, deed }: Placed<'signal'>, scene: Scene): Operation {
  const { name, input, when, hasRequestId, isDoubled } = deed;
  const sent: SentSignal = {
    ...{ hubId: scene.real.hubId(hub), id: entityIdOf(deed.entity), name, input },
    requestId: hasRequestId ? randomUUID() : '',
    scheduledTime: timeOf(when),
  };
  const replicas = isDoubled && hasRequestId ? [0, 1] : [replica];
  return {
    ...sending(sent, { hub, replicas }, scene),
    text: `signal ${inHub(hub, sent.id)} ${name} ${when} @${replicas.join()}`,
    isTimed: when === 'soon',
  };
}

/** As SDKs repeat a call whose answer was lost. */
function repeatSignal(
  { hub, replica, deed }: Placed<'repeat a signal'>,
  scene: Scene,
): Operation | undefined {
  const hubId = scene.real.hubId(hub);
  const known = [...scene.oracle.requests.values()].filter((sent) => sent.hubId === hubId);
  const sent = pickOf(known, deed.pick);
  return (
    sent && {
      ...sending(sent, { hub, replicas: [replica] }, scene),
      text: `repeat the signal ${sent.name} to ${inHub(hub, sent.id)} @${replica}`,
    }
  );
}

function sending(
  sent: SentSignal,
  { hub, replicas }: { readonly hub: number; readonly replicas: readonly number[] },
  { real }: Scene,
): Omit<Operation, 'text'> {
  const { hubId, id, requestId, name, input, scheduledTime } = sent;
  const request = { instanceId: id, name, input: wrapped(input), requestId, scheduledTime };
  return {
    touches: [{ hubId, id }],
    async call() {
      const replies = await Promise.all(
        replicas.map((replica) => real.call(hub, replica, 'SignalEntity', request)),
      );
      return { code: replies.find(({ code }) => code !== 'ok')?.code ?? 'ok' };
    },
    apply(oracle, _, now) {
      replicas.forEach(() => {
        effects.signal(oracle, sent, now);
      });
      return { code: 'ok' };
    },
  };
}

// ── batches ──

const idOf =
  ({ entities }: Oracle) =>
  ({ key }: BatchOut): string | undefined =>
    entities.get(key)?.id;

function pickBatch({ oracle, real }: Scene, hub: number, pick: number | string): BatchOut | undefined {
  const outs = [...oracle.batches.values()].filter(({ hubId }) => hubId === real.hubId(hub));
  return pickOf(outs, pick, idOf(oracle));
}

function completeBatch(
  { hub, replica, deed }: Placed<'complete a batch'>,
  scene: Scene,
): Operation | undefined {
  const { oracle, real } = scene;
  const { pick, script } = deed;
  const out = pickBatch(scene, hub, pick);
  if (!out) return undefined;
  const id = must(idOf(oracle)(out), 'the entity of a batch');
  const request = resultOf(script, out, oracle);
  const result = codec.decode('EntityBatchResult', codec.encode('EntityBatchResult', request));
  const actions = script.actions.map(({ kind }) => kind).join();
  const done = `${result.results.length} of ${out.operations.length}`;
  const shown =
    script.problem === 'none' ? `${done}, state ${script.state ?? 'gone'} ${actions}` : script.problem;
  return {
    text: `answer the batch of ${inHub(hub, id)} (${shown}) @${replica}`,
    touches: [{ hubId: out.hubId, id }],
    isTimed: script.actions.some((action) => action.kind === 'signal' && action.when === 'soon'),
    async call() {
      const { code } = await real.call(hub, replica, 'CompleteEntityTask', request);
      return { code };
    },
    apply(after, _, now) {
      if (replica !== out.replica) after.saw('an answer to a batch came to another replica');
      effects.completeBatch(after, out, result, now);
      return { code: 'ok' };
    },
  };
}

const failureDetails = { errorType: 'Broken', errorMessage: 'it broke' };

function resultOf(script: BatchScript, out: BatchOut, oracle: Oracle): MessageInput<'EntityBatchResult'> {
  const { done, hasFailures, state, actions, problem } = script;
  const completionToken = out.token;
  if (problem === 'failed') return { completionToken, failureDetails };
  if (problem === 'wants the state') return { completionToken, requiresState: true };
  if (problem === 'no results') return { completionToken, entityState: wrapped(state) };
  const count = done === 0 ? out.operations.length : Math.min(done, out.operations.length);
  return {
    completionToken,
    results: Array.from({ length: count }, (_, n) =>
      hasFailures && n % 2 === 0 ? { failure: { failureDetails } } : { success: { result: wrapped(`${n}`) } },
    ),
    actions: actions.map((action, id) => ({ id, ...actionOf(action, out.hubId, oracle) })),
    entityState: wrapped(state),
  };
}

function actionOf(action: OperationScript, hubId: number, oracle: Oracle): EntityAction {
  switch (action.kind) {
    case 'signal': {
      const instanceId = entityIdOf(action.entity);
      return { sendSignal: { instanceId, name: 'chained', scheduledTime: timeOf(action.when) } };
    }
    case 'start': {
      const instanceId = targetOf(oracle, hubId, action.target, 'made up');
      return {
        startNewOrchestration: { instanceId, name: 'Order', version: { value: '' }, input: { value: '7' } },
      };
    }
    case 'impossible':
      return { sendSignal: { instanceId: 'no entity', name: 'lost' } };
  }
}

type EntityAction = Omit<NonNullable<MessageInput<'EntityBatchResult'>['actions']>[number], 'id'>;

function abandonBatch(
  { hub, replica, deed }: Placed<'abandon a batch'>,
  scene: Scene,
): Operation | undefined {
  const { oracle, real } = scene;
  const out = pickBatch(scene, hub, deed.pick);
  if (!out) return undefined;
  const id = must(idOf(oracle)(out), 'the entity of a batch');
  return {
    text: `abandon the batch of ${inHub(hub, id)} @${replica}`,
    touches: [{ hubId: out.hubId, id }],
    call: () => real.call(hub, replica, 'AbandonTaskEntityWorkItem', { completionToken: out.token }),
    apply(after) {
      if (replica !== out.replica) after.saw('a batch was abandoned at another replica');
      effects.abandonBatch(after, out.token);
      return { code: 'ok' };
    },
  };
}

function bogusBatch(call: Placed<'bogus answer to a batch'>, { oracle, real }: Scene): Operation | undefined {
  const { hub, replica, deed } = call;
  const { pick, token } = deed;
  const hubId = real.hubId(hub);
  const outs = [...oracle.batches.values()];
  const isHere = (entry: { readonly hubId: number }): boolean => entry.hubId === hubId;
  const here = pickOf(outs.filter(isHere), pick);
  const completionToken = {
    dead: () =>
      pickOf(
        oracle.deadTokens.filter((it) => it.kind === 'entity' && isHere(it)),
        pick,
      )?.token,
    mangled: () => here && mangle(here.token),
    'of the other hub': () =>
      pickOf(
        outs.filter((out) => !isHere(out)),
        pick,
      )?.token,
    'of a turn': () => pickOf([...oracle.turns.values()].filter(isHere), pick)?.token,
  }[token]();
  if (completionToken === undefined) return undefined;
  const request = { completionToken, results: [{}], entityState: { value: '"bogus"' } };
  return {
    text: `answer a batch with a token that is ${token} in hub ${hub} @${replica}`,
    touches: here ? [{ hubId, id: idOf(oracle)(here) ?? '' }] : [],
    call: async () => ({ code: (await real.call(hub, replica, 'CompleteEntityTask', request)).code }),
    apply(after) {
      after.saw(
        token === 'dead' ? 'a stale answer to a batch was ignored' : 'a forged answer to a batch was ignored',
      );
      return { code: 'ok' };
    },
  };
}

// ── clients and operators ──

function purge({ hub, replica, deed }: Placed<'purge an entity'>, { real }: Scene): Operation {
  const target: Target = { hubId: real.hubId(hub), id: entityIdOf(deed.entity) };
  return {
    text: `purge ${inHub(hub, target.id)} @${replica}`,
    touches: [target],
    async call() {
      const { code, response } = await real.call(hub, replica, 'PurgeInstances', { instanceId: target.id });
      return response ? { code, data: response.deletedInstanceCount } : { code };
    },
    apply: (oracle) => ({ code: 'ok', data: effects.purge(oracle, target) }),
  };
}

function read({ hub, replica, deed }: Placed<'read an entity'>, { real }: Scene): Operation {
  const target: Target = { hubId: real.hubId(hub), id: entityIdOf(deed.entity) };
  return {
    text: `read ${inHub(hub, target.id)} @${replica}`,
    touches: [],
    call: async () => ({ code: 'ok', data: await real.findEntity(hub, replica, target.id) }),
    apply(oracle) {
      const data = effects.read(oracle, target);
      oracle.saw(data ? 'an entity was read' : 'an entity that does not exist was read');
      return { code: 'ok', data };
    },
  };
}
