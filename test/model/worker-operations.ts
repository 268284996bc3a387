import { must } from '../../src/lib/assert.ts';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { orderOf, partsOf, textOf } from './answers.ts';
import { bogusAnswer, bogusResult } from './bogus-operations.ts';
import { type Call, type CallOf, type Delivery, type Script } from './calls.ts';
import { entityIdOf } from './entity-calls.ts';
import { type ActivityRow } from './rows.ts';
import { type Operation, type Scene } from './operations.ts';
import { type Oracle, type Reply, type Target } from './oracle.ts';
import * as effects from './worker-effects.ts';
import { inHub, instanceOf, pickOf, turnsOf, wrapped } from './picks.ts';
import { type NamedVersions, type StreamFilters } from './worker-stream.ts';

export function workerOperation(call: Extract<Call, { pick: unknown }>, scene: Scene): Operation | undefined {
  switch (call.kind) {
    case 'answer':
      return answer(call, scene);
    case 'abandon turn':
      return abandonTurn(call, scene);
    case 'complete activity':
      return completeActivity(call, scene);
    case 'abandon activity':
      return abandonActivity(call, scene);
    case 'bogus answer':
      return bogusAnswer(call, scene);
    case 'bogus result':
      return bogusResult(call, scene);
    case 'lose':
      return loseStream(call, scene);
  }
}

// ── turns ──

function answer({ hub, pick, script, delivery: wanted }: CallOf<'answer'>, { oracle, real, isAlone }: Scene) {
  const hubId = real.hubId(hub);
  const out = pickOf(turnsOf(oracle, hubId), pick, instanceOf);
  if (!out) return undefined;
  // Without a token the turn that is out is meant, whichever that is by then; and parts of two answers make one.
  const delivery = isAlone ? wanted : { ...wanted, replicas: wanted.replicas.slice(0, 1), hasToken: true };
  const { replicas, hasToken } = delivery;
  const parts = partsOf(script, delivery, out, oracle);
  const actions = parts.flatMap((part) => part.actions ?? []);
  const whole = codec.encode('OrchestratorResponse', { ...parts[0], isPartial: false, actions });
  const { instanceId } = out.request;
  return {
    text: `answer ${inHub(hub, instanceId)} ${textOf(script)} ${textOfDelivery(delivery)}`,
    touches: [{ hubId, id: instanceId }, ...entitiesIn(script, hubId)],
    isTimed: script.actions.some((action) => action.kind === 'signal' && action.when === 'soon'),
    async call(): Promise<Reply> {
      for (const n of orderOf(delivery)) {
        const [replica, part] = [replicas[n] ?? 0, must(parts[n], 'a part')];
        const { code } = await real.call(hub, replica, 'CompleteOrchestratorTask', part);
        if (code !== 'ok') return { code };
      }
      return { code: 'ok' };
    },
    apply(after: Oracle, _: Reply, now) {
      if (parts.length > 1) after.saw('an answer came in several parts');
      if (replicas.some((replica) => replica !== out.replica)) after.saw('an answer came to another replica');
      if (!hasToken) after.saw('an answer without a token was recorded');
      effects.answer(after, out, codec.decode('OrchestratorResponse', whole), now);
      return { code: 'ok' };
    },
  } satisfies Operation;
}

/** Those that it says something to. */
function entitiesIn({ actions }: Script, hubId: number): Target[] {
  return actions.flatMap((action) => {
    if (action.kind === 'lock') return action.entities.map((entity) => ({ hubId, id: entityIdOf(entity) }));
    return 'entity' in action ? [{ hubId, id: entityIdOf(action.entity) }] : [];
  });
}

function textOfDelivery({ replicas, order, hasToken }: Delivery): string {
  const parts = replicas.length > 1 ? ` ${order}` : '';
  return `@${replicas.join()}${parts}${hasToken ? '' : ' without a token'}`;
}

function abandonTurn({ hub, replica, pick }: CallOf<'abandon turn'>, { oracle, real }: Scene) {
  const hubId = real.hubId(hub);
  const out = pickOf(turnsOf(oracle, hubId), pick, instanceOf);
  if (!out) return undefined;
  const { instanceId } = out.request;
  return {
    text: `abandon the turn of ${inHub(hub, instanceId)} @${replica}`,
    touches: [{ hubId, id: instanceId }],
    call: () => real.call(hub, replica, 'AbandonTaskOrchestratorWorkItem', { completionToken: out.token }),
    apply(after: Oracle) {
      if (replica !== out.replica) after.saw('a turn was abandoned at another replica');
      effects.abandonTurn(after, out);
      return { code: 'ok' };
    },
  } satisfies Operation;
}

// ── activities ──

function completeActivity(call: CallOf<'complete activity'>, scene: Scene) {
  const { hub, replica, hasFailed } = call;
  const { oracle, real, isAlone } = scene;
  const hubId = real.hubId(hub);
  const activity = pickActivity(scene, call, oracle.lastLeases);
  const lease = activity && oracle.lastLeases.get(activity.activityKey);
  if (!lease) return undefined;
  const { key, name, taskId } = activity;
  const instanceId = oracle.store.instances.get(key)?.id ?? '';
  const namesakes = [...oracle.store.activities.values()].filter(
    (row) => row.key === key && row.taskId === taskId,
  );
  // Without a token some activity of that id is meant.
  const hasToken = call.hasToken || !isAlone || namesakes.length > 1;
  const request = { instanceId, taskId, completionToken: hasToken ? lease.token : '', ...resultOf(call) };
  const decoded = codec.decode('ActivityResponse', codec.encode('ActivityResponse', request));
  const shown = `${hasFailed ? 'fail' : 'complete'} the activity ${name}#${taskId}`;
  return {
    text: `${shown} of ${inHub(hub, instanceId)} @${replica}${hasToken ? '' : ' without a token'}`,
    touches: [{ hubId, id: instanceId }],
    call: () => real.call(hub, replica, 'CompleteActivityTask', request),
    apply(after: Oracle, _: Reply, now) {
      if (!hasToken) after.saw('a result without a token was recorded');
      if (replica !== lease.replica) after.saw('a result came to another replica');
      effects.completeActivity(after, activity, decoded, now);
      return { code: 'ok' };
    },
  } satisfies Operation;
}

function resultOf({ result, hasFailed }: CallOf<'complete activity'>): MessageInput<'ActivityResponse'> {
  const failureDetails = hasFailed ? { errorType: 'Broken', errorMessage: '' } : null;
  return { result: wrapped(result), failureDetails };
}

function abandonActivity(call: CallOf<'abandon activity'>, scene: Scene) {
  const { hub, replica } = call;
  const { oracle, real } = scene;
  const { leases } = oracle;
  const activity = pickActivity(scene, call, leases);
  const lease = activity && leases.get(activity.activityKey);
  if (!lease) return undefined;
  return {
    text: `abandon the activity ${activity.name}#${activity.taskId} in hub ${hub} @${replica}`,
    touches: [],
    call: () => real.call(hub, replica, 'AbandonTaskActivityWorkItem', { completionToken: lease.token }),
    apply(after: Oracle) {
      if (replica !== lease.replica) after.saw('an activity was abandoned at another replica');
      effects.abandonActivity(after, activity.activityKey);
      return { code: 'ok' };
    },
  } satisfies Operation;
}

/** Of those activities. */
function pickActivity(
  { oracle, real }: Scene,
  { hub, pick }: CallOf<'complete activity' | 'abandon activity'>,
  among: ReadonlyMap<number, unknown>,
): ActivityRow | undefined {
  const { store } = oracle;
  const hubId = real.hubId(hub);
  const rows = [...store.activities.values()].filter(
    (row) => row.hubId === hubId && among.has(row.activityKey),
  );
  return pickOf(rows, pick, ({ key }) => store.instances.get(key)?.id);
}

// ── streams ──

const MOST_STREAMS = 3;

const named = (versions: readonly string[], ...names: string[]): NamedVersions[] =>
  names.map((name) => ({ name, versions }));

/** Null: everything. */
const filterChoices: readonly (StreamFilters | null)[] = [
  null,
  null,
  { orchestrations: named([], 'Order'), activities: named([], 'A', 'B'), entities: ['room'] },
  { orchestrations: named([], 'Child'), activities: named([], 'B'), entities: ['DESK'] },
  {
    orchestrations: [...named(['1', ''], 'Order'), ...named(['2'], 'Child')],
    activities: named(['1'], 'A', 'B'),
    entities: ['Room', 'desk'],
  },
  { orchestrations: [], activities: named([], 'A', 'B'), entities: ['room', 'desk'] },
  { orchestrations: named([], 'Order', 'Child'), activities: [], entities: [] },
];

/** One that takes everything may always be opened besides. */
export function openStream(
  { hub, replica, filters, limit }: CallOf<'open'>,
  { real }: Scene,
): Operation | undefined {
  const chosen = filterChoices[filters] ?? null;
  const most = chosen || limit > 0 ? MOST_STREAMS : MOST_STREAMS + 1;
  if (real.openStreams(hub).length >= most) return undefined;
  const shown = chosen ? JSON.stringify(chosen) : 'everything';
  return {
    text: `open a stream in hub ${hub} for ${shown}${limit > 0 ? `, ${limit} at a time` : ''} @${replica}`,
    touches: [],
    async call() {
      await real.open(hub, { replica, filters: chosen, limit });
      return { code: 'ok' };
    },
    apply: () => ({ code: 'ok' }),
  };
}

function loseStream({ hub, pick }: CallOf<'lose'>, { real }: Scene) {
  const stream = pickOf(real.openStreams(hub), pick);
  if (!stream) return undefined;
  return {
    text: `lose a stream in hub ${hub} @${stream.replica}`,
    touches: [],
    call() {
      stream.close();
      return Promise.resolve<Reply>({ code: 'ok' });
    },
    apply(after: Oracle) {
      effects.loseStream(after, stream.id);
      return { code: 'ok' };
    },
  } satisfies Operation;
}
