import { expect, test } from 'vitest';
import { isGuid } from '../domain/request-id.ts';
import { codec } from '../protocol/codec.ts';
import { PREFIX_BYTES } from './answers.ts';
import { criticalSectionsScript, ENTITY_STEPS, entityCallsScript, signalRequest } from './entity-script.ts';
import { type Answer, payload } from './script.ts';
import { type Turn } from './work-item.ts';

/** The turn of the orchestration number 1234 in which an entity answers the request of a step; -1 is the start. */
function turnAfter(step: number): Turn {
  return {
    ...{ kind: 'orchestration', id: Buffer.from('\x0a\x0cbench-x-1234'), token: Buffer.alloc(0) },
    ...{ isFirst: step < 0, isBare: false, results: step < 0 ? 0 : 1, lastTaskId: Math.max(0, step) },
  };
}

function messages({ actions }: Answer): object[] {
  return codec
    .decode('OrchestratorResponse', actions)
    .actions.map((action) =>
      action.orchestratorActionType === 'sendEntityMessage' ? action.sendEntityMessage : {},
    );
}

test('an entity is called when it has answered, each time by a request id of its own', () => {
  const requestIds = new Set<string>();
  for (let step = 0; step < ENTITY_STEPS; step++) {
    const answer = entityCallsScript(turnAfter(step - 1));
    const [call] = messages(answer);
    expect(call).toMatchObject({
      entityOperationCalled: { operation: 'add', targetInstanceId: { value: '@bench@0234' } },
    });
    const { requestId } = (call as { entityOperationCalled: { requestId: string } }).entityOperationCalled;
    expect([isGuid(requestId), requestId.at(-1)]).toEqual([true, `${step}`]);
    requestIds.add(requestId);
    expect(answer.isLast).toBe(false);
  }
  expect(requestIds.size).toBe(ENTITY_STEPS);
  expect(entityCallsScript(turnAfter(ENTITY_STEPS - 1)).isLast).toBe(true);
});

test('two entities are freed under the id that locked them, and then locked again', () => {
  const lockSet = ['@bench@0034', '@bench@0047'];
  expect(messages(criticalSectionsScript(turnAfter(-1)))).toMatchObject([
    { entityLockRequested: { lockSet } },
  ]);
  const later = messages(criticalSectionsScript(turnAfter(0)));
  expect(later).toMatchObject([
    { entityUnlockSent: { targetInstanceId: { value: lockSet[0] } } },
    { entityUnlockSent: { targetInstanceId: { value: lockSet[1] } } },
    { entityLockRequested: { lockSet } },
  ]);
  const ends = later.map((message) => /criticalSectionId":"[^"]*(.)"/.exec(JSON.stringify(message))?.[1]);
  expect(ends).toEqual(['0', '0', '1']);
  const last = criticalSectionsScript(turnAfter(ENTITY_STEPS - 1));
  expect([messages(last).length, last.isLast]).toEqual([3, true]);
});

test('a signal names its entity, and differs from the next one in its request id', () => {
  const [one, two] = [1, 2].map((number) =>
    codec.decode('SignalEntityRequest', signalRequest(number, 7).subarray(PREFIX_BYTES)),
  );
  expect(one).toMatchObject({
    instanceId: '@bench@0007',
    name: 'add',
    input: payload,
  });
  expect(one?.requestId).not.toBe(two?.requestId);
});
