// Answers that must change nothing, whatever their tokens look like.

import { type CallOf } from './calls.ts';
import { type Operation, type Scene } from './operations.ts';
import { type DeadToken, type Oracle } from './oracle.ts';
import { instanceOf, pickOf } from './picks.ts';

export function bogusAnswer(call: CallOf<'bogus answer'>, { oracle, real }: Scene): Operation | undefined {
  const { hub, replica, token } = call;
  const hubId = real.hubId(hub);
  const isOther = token === 'of the other hub';
  const outs = [...oracle.turns.values()].filter((turn) => (turn.hubId === hubId) !== isOther);
  const out = pickOf(outs, call.pick, instanceOf);
  const completionToken = {
    dead: () => pickOf(deadTurns(oracle, hubId), call.pick)?.token,
    mangled: () => out && mangle(out.token),
    nonsense: () => pickOf([...oracle.leases.values()], call.pick)?.token ?? 'nonsense',
    'of the other hub': () => out?.token,
  }[token]();
  if (completionToken === undefined) return undefined;
  const completeOrchestration = { orchestrationStatus: 'ORCHESTRATION_STATUS_COMPLETED' as const };
  const instanceId = out?.request.instanceId ?? 'a';
  const request = { instanceId, completionToken, actions: [{ id: 1, completeOrchestration }] };
  return {
    text: `answer with a token that is ${token} in hub ${hub} @${replica}`,
    touches: out ? [{ hubId: out.hubId, id: instanceId }] : [],
    call: () => real.call(hub, replica, 'CompleteOrchestratorTask', request),
    apply(after) {
      if (isOther) after.saw('an answer in another hub was ignored');
      else after.saw(token === 'dead' ? 'a stale answer was ignored' : 'a forged answer was ignored');
      return { code: 'ok' };
    },
  };
}

/** Most of all those of instances that have another turn out. */
function deadTurns(oracle: Oracle, hubId: number): DeadToken[] {
  const dead = oracle.deadTokens.filter((entry) => entry.kind === 'orchestration' && entry.hubId === hubId);
  const out = new Set([...oracle.turns.values()].map(instanceOf));
  return [...dead.filter(({ instanceId }) => out.has(instanceId)), ...dead];
}

export function bogusResult(call: CallOf<'bogus result'>, { oracle, real }: Scene): Operation | undefined {
  const { hub, replica, pick, token } = call;
  const hubId = real.hubId(hub);
  const anything = { instanceId: 'a', taskId: 1 };
  const leases = [...oracle.leases].map(([key, lease]) => ({
    ...{ ...anything, token: lease.token },
    hubId: oracle.store.activities.get(key)?.hubId,
  }));
  const chosen = {
    dead: () => pickOf(deadResults(oracle, hubId), pick),
    mangled: () =>
      pickOf(
        leases.map((lease) => ({ ...lease, token: mangle(lease.token) })),
        pick,
      ),
    nonsense: () => ({ ...anything, token: pickOf([...oracle.turns.values()], pick)?.token ?? 'nonsense' }),
    'of the other hub': () =>
      pickOf(
        leases.filter((lease) => lease.hubId !== hubId),
        pick,
      ),
  }[token]();
  if (!chosen) return undefined;
  const { instanceId, taskId, token: completionToken } = chosen;
  const request = { instanceId, taskId, completionToken, result: { value: '"bogus"' } };
  return {
    text: `complete an activity with a token that is ${token} in hub ${hub} @${replica}`,
    touches: [],
    call: () => real.call(hub, replica, 'CompleteActivityTask', request),
    apply(after) {
      // Other replicas don't tell whoever handed it out: there is no row that says who that was.
      if (after.zombies.get(completionToken)?.replica === replica) after.zombies.delete(completionToken);
      if (token === 'dead') after.saw('a second result of an activity was ignored');
      if (token === 'of the other hub') after.saw('a result of an activity in another hub was ignored');
      return { code: 'ok' };
    },
  };
}

/** The row of an activity that was given back still exists: any token of it counts. */
function deadResults(oracle: Oracle, hubId: number): DeadToken[] {
  return oracle.deadTokens.filter(
    (entry) => entry.kind === 'activity' && entry.hubId === hubId && !oracle.findActivity(entry.token),
  );
}

export function mangle(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  bytes[12] = (bytes[12] ?? 0) ^ 1;
  return bytes.toString('base64url');
}
