import { expect, test } from 'vitest';
import { codec } from '../protocol/codec.ts';
import {
  activityAnswer,
  batchAnswer,
  PREFIX_BYTES,
  prefixed,
  startRequest,
  turnAnswer,
  waitRequest,
} from './answers.ts';
import { chainScript, payload } from './script.ts';
import { type Turn } from './work-item.ts';

const id = Buffer.from('\x0a\x03one');
const token = Buffer.from('\x52\x05token');

/** The message behind the prefix, which must tell its length. */
function messageIn(bytes: Buffer): Buffer {
  expect(bytes[0]).toBe(0);
  expect(bytes.readUInt32BE(1)).toBe(bytes.length - PREFIX_BYTES);
  return bytes.subarray(PREFIX_BYTES);
}

test('a turn is answered with the actions, for its instance and token', () => {
  const turn: Turn = {
    kind: 'orchestration',
    id,
    token,
    isFirst: true,
    isBare: false,
    results: 0,
    lastTaskId: 0,
  };
  const answer = codec.decode(
    'OrchestratorResponse',
    messageIn(turnAnswer(turn, chainScript(5)(turn).actions)),
  );
  expect(answer).toMatchObject({ instanceId: 'one', completionToken: 'token' });
  expect(answer.actions).toMatchObject([{ id: 1, scheduleTask: { name: 'Step' } }]);
});

test('an activity is answered with a result, for its task and token', () => {
  const taskId = Buffer.from([0x28, 0xac, 0x02]);
  expect(
    codec.decode('ActivityResponse', messageIn(activityAnswer({ kind: 'activity', id, taskId, token }))),
  ).toMatchObject({
    ...{ instanceId: 'one', taskId: 300, completionToken: 'token' },
    ...{ result: payload, failureDetails: null },
  });
});

test('a batch is answered with a result for each operation and a state, for its token', () => {
  const result = { success: { result: payload } };
  const answer = messageIn(batchAnswer({ kind: 'entity', operations: 2, token }));
  expect(codec.decode('EntityBatchResult', answer)).toMatchObject({
    ...{ results: [result, result], entityState: payload, completionToken: 'token' },
  });
});

test('requests of clients name the instance', () => {
  expect(codec.decode('CreateInstanceRequest', messageIn(startRequest('one')))).toMatchObject({
    ...{ instanceId: 'one', name: 'Bench', input: payload },
  });
  expect(codec.decode('GetInstanceRequest', messageIn(waitRequest('one')))).toEqual({
    ...{ instanceId: 'one', getInputsAndOutputs: false },
  });
  expect(codec.decode('HealthPing', messageIn(prefixed(Buffer.alloc(0))))).toEqual({});
});
