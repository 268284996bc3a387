import { expect, test } from 'vitest';
import {
  after,
  instanceState,
  raisedMessage,
  recordedIn,
  startedMessage,
  toolsAt,
} from '../../test/helpers/factories.ts';
import { codec } from '../protocol/codec.ts';
import { must } from '../lib/assert.ts';
import { failPoisonedInstance, poisonedActivityEvent, unanswered } from './poisoned.ts';
import { buildTurn } from './turn.ts';

const parent = { partition: 9, key: 55, generation: 2, taskId: 6, wire: Buffer.alloc(0) };

test('an instance that no worker gets through fails, with what it was sent and why', () => {
  const state = instanceState({ parent, turn: 0, status: 'pending', customStatus: 'busy' });
  const messages = [startedMessage(), raisedMessage('a', after(1))];
  const turn = buildTurn(state, messages, { now: after(9), codec });
  const write = failPoisonedInstance(
    { state, turn, attempts: 10, reason: 'its stream was lost' },
    toolsAt(after(10)),
  );
  const patch = must(write.patch, 'the patch');
  expect(patch).toMatchObject({ kind: 'end', status: 'failed', consumed: messages, customStatus: 'busy' });
  const history = recordedIn(patch);
  expect(history.slice(0, -1)).toEqual(turn.events.map((event) => codec.decodeEvent(event)));
  const failureDetails = {
    errorType: 'WorkItemQuarantined',
    errorMessage: 'the orchestration was given up after 10 deliveries: its stream was lost',
  };
  expect(history.at(-1)).toMatchObject({ executionCompleted: { failureDetails } });
  expect(codec.decodeEvent(must(write.messages?.[0], 'the notice').message.event)).toMatchObject({
    subOrchestrationInstanceFailed: { taskScheduledId: 6, failureDetails },
  });
});

test('an activity that no worker answers has failed, with the reason', () => {
  const event = poisonedActivityEvent(
    { taskId: 3, name: 'Charge', reason: unanswered(1) },
    toolsAt(after(10)),
  );
  expect(codec.decodeEvent(event)).toMatchObject({
    eventId: -1,
    timestamp: after(10),
    taskFailed: {
      taskScheduledId: 3,
      failureDetails: {
        errorType: 'WorkItemQuarantined',
        errorMessage: "the activity 'Charge' was given up after 1 delivery without an answer",
      },
    },
  });
});
