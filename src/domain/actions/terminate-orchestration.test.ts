import { expect, test } from 'vitest';
import { answer, recorded } from '../../../test/helpers/factories.ts';
import { codec } from '../../protocol/codec.ts';
import { partitionOf } from '../ids.ts';

test('another instance is sent a control, and history does not show it', () => {
  const terminateOrchestration = { instanceId: 'other', reason: { value: '"why"' }, recurse: true };
  const { outcome } = answer({ actions: [{ id: 1, terminateOrchestration }] });
  const [message] = outcome.messages ?? [];
  expect(message).toMatchObject({
    to: { by: 'id', partition: partitionOf(1, 'other'), hubId: 1, id: 'other' },
    message: { rank: -1, kind: 'terminate' },
    isFromClient: false,
  });
  expect(codec.decodeEvent(message?.message.event ?? Buffer.alloc(0))).toMatchObject({
    eventId: -1,
    executionTerminated: { input: { value: '"why"' }, recurse: true },
  });
  expect(recorded(outcome).map(({ eventType }) => eventType)).toEqual(['orchestratorStarted']);
});

test.each(['', '@counter@1', 'a\0'])(
  'nothing is sent to an id that no orchestration can have (case %#)',
  (instanceId) => {
    const { outcome } = answer({ actions: [{ id: 1, terminateOrchestration: { instanceId } }] });
    expect(outcome.messages).toBeUndefined();
    expect(outcome.patch.kind).toBe('turn');
  },
);
