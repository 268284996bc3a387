import { randomBytes } from 'node:crypto';
import { codec, type MessageInput } from '../../src/protocol/codec.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { fromNow } from '../helpers/scripted-worker.ts';
import { type Call, type CallOf } from './calls.ts';
import * as effects from './client-effects.ts';
import { Mismatch } from './mismatch.ts';
import { type Operation, type Scene } from './operations.ts';
import { type Oracle, type Reply, type Target } from './oracle.ts';
import { operatorOperation } from './operator-operations.ts';
import { inHub, NOBODY, targetOf, wrapped } from './picks.ts';

export function clientOperations(
  call: Extract<Call, { target: unknown }>,
  scene: Scene,
): readonly Operation[] {
  switch (call.kind) {
    case 'start':
      return [start(call, scene)];
    case 'raise':
      return raise(call, scene);
    case 'terminate':
    case 'suspend':
    case 'resume':
      return [control(call, scene)];
    case 'read':
      return [read(call, scene)];
    case 'wait':
      return [wait(call, scene)];
    default:
      return [operatorOperation(call, scene)];
  }
}

function meant({ hub, target }: Extract<Call, { target: unknown }>, { oracle, real }: Scene): Target {
  const hubId = real.hubId(hub);
  return { hubId, id: targetOf(oracle, hubId, target) };
}

function start(call: CallOf<'start'>, { oracle, real, isAlone }: Scene): Operation {
  const { hub, replica, name, version, input } = call;
  const hubId = real.hubId(hub);
  const at = { none: null, epoch: { seconds: 0, nanos: 0 }, soon: fromNow(150), late: fromNow(3_600_000) };
  // Of several calls nobody knows when each of them was done.
  const schedule = call.schedule === 'soon' && !isAlone ? 'none' : call.schedule;
  const instanceId = call.hasId ? targetOf(oracle, hubId, call.target, 'made up') : '';
  const request: MessageInput<'CreateInstanceRequest'> = {
    ...{ instanceId, name, version: wrapped(version), input: wrapped(input) },
    tags: call.isTagged ? { team: 'blue' } : {},
    executionId: call.hasExecutionId ? { value: randomBytes(16).toString('hex') } : null,
    scheduledStartTimestamp: at[schedule],
    orchestrationIdReusePolicy: call.replaceable && { replaceableStatus: [...call.replaceable] },
  };
  const decoded = codec.decode('CreateInstanceRequest', codec.encode('CreateInstanceRequest', request));
  const shown = `${name} ${JSON.stringify(version)} ${schedule} ${JSON.stringify(call.replaceable)}`;
  return {
    text: `start ${inHub(hub, instanceId)} ${shown} @${replica}`,
    touches: instanceId === '' ? [] : [{ hubId, id: instanceId }],
    isTimed: schedule === 'soon',
    async call() {
      const { code, response } = await real.call(hub, replica, 'StartInstance', request);
      return response ? { code, id: response.instanceId } : { code };
    },
    apply(after, reply, now) {
      const id = instanceId === '' ? (reply.id ?? NOBODY) : instanceId;
      const isChosen = instanceId === '' && reply.id !== undefined;
      if (isChosen && !/^[0-9a-f]{32}$/.test(id)) throw new Mismatch(`'${id}' is no id`);
      return effects.start(after, decoded, { hubId, id }, now);
    },
  };
}

/** One call after the other, each of them for itself. */
function raise(call: CallOf<'raise'>, scene: Scene): Operation[] {
  const { hub, events } = call;
  const target = meant(call, scene);
  return events.map(({ replica, name, input }) => ({
    text: `raise ${inHub(hub, target.id)} ${name} @${replica}`,
    touches: [target],
    async call() {
      const request = { instanceId: target.id, name, input: wrapped(input) };
      const { code } = await scene.real.call(hub, replica, 'RaiseEvent', request);
      return { code };
    },
    apply: (oracle, _, now) => effects.raise(oracle, target, { name, input }, now),
  }));
}

type Control = CallOf<'terminate' | 'suspend' | 'resume'>;

function control(call: Control, scene: Scene): Operation {
  const { hub, replica, kind } = call;
  const { real, isAlone } = scene;
  const target = meant(call, scene);
  const shown = call.kind === 'terminate' && call.recurse ? ' with children' : '';
  return {
    text: `${kind} ${inHub(hub, target.id)}${shown} @${replica}`,
    touches: [target],
    /** It is done when the call returns, for everybody. */
    async call() {
      const code = await send(call, target.id, scene);
      if (!isAlone) return { code };
      return { code, state: await real.find(hub, replica === 0 ? 1 : 0, target.id, true) };
    },
    apply(oracle, { state: seen }, now) {
      const { code, state = null } = applyControl(oracle, target, call, now);
      return seen === undefined ? { code } : { code, state };
    },
  };
}

async function send(call: Control, instanceId: string, { real }: Scene): Promise<Reply['code']> {
  const { hub, replica } = call;
  if (call.kind === 'terminate') {
    const request = { instanceId, output: wrapped(call.output), recursive: call.recurse };
    return (await real.call(hub, replica, 'TerminateInstance', request)).code;
  }
  const rpc = call.kind === 'suspend' ? 'SuspendInstance' : 'ResumeInstance';
  return (await real.call(hub, replica, rpc, { instanceId, reason: wrapped(call.reason) })).code;
}

function applyControl(oracle: Oracle, target: Target, call: Control, now: Timestamp): Reply {
  if (call.kind !== 'terminate') return effects[call.kind](oracle, target, call.reason, now);
  return effects.terminate(oracle, target, { output: call.output, recurse: call.recurse }, now);
}

function read(call: CallOf<'read'>, scene: Scene): Operation {
  const { hub, replica, withPayloads } = call;
  const target = meant(call, scene);
  return {
    text: `read ${inHub(hub, target.id)}${withPayloads ? '' : ' without payloads'} @${replica}`,
    touches: [],
    async call() {
      return { code: 'ok', state: await scene.real.find(hub, replica, target.id, withPayloads) };
    },
    apply(oracle) {
      const state = oracle.read(target, withPayloads);
      oracle.saw(state ? 'a known instance was read' : 'an unknown instance was read');
      return { code: 'ok', state };
    },
  };
}

/** The call goes on by itself; the world looks after it. */
function wait(call: CallOf<'wait'>, scene: Scene): Operation {
  const { hub, replica, until } = call;
  const { id } = meant(call, scene);
  return {
    text: `wait until ${inHub(hub, id)} has ${until} @${replica}`,
    touches: [],
    call() {
      scene.real.wait({ hub, replica, id, until });
      return Promise.resolve({ code: 'ok' });
    },
    apply: () => ({ code: 'ok' }),
  };
}
