import { expect, test } from 'vitest';
import { after, answer, recorded } from '../../../test/helpers/factories.ts';
import { codec } from '../../protocol/codec.ts';
import { partitionOf } from '../ids.ts';

function send(instanceId: string, data: { value: string } | null = { value: '1' }) {
  const { outcome } = answer({
    actions: [{ id: 2, sendEvent: { instance: { instanceId }, name: 'Paid', data } }],
  });
  const [message] = outcome.messages ?? [];
  return {
    outcome,
    message,
    raised: message && codec.decodeEvent(message.message.event),
    last: recorded(outcome).at(-1),
  };
}

test('an event is history here and a raised event for whoever has the id', () => {
  const { message, raised, last } = send('other');
  expect(last).toMatchObject({
    eventId: 2,
    timestamp: after(10),
    eventSent: { instanceId: 'other', name: 'Paid', input: { value: '1' } },
  });
  expect(message).toMatchObject({
    to: { by: 'id', partition: partitionOf(1, 'other'), hubId: 1, id: 'other' },
    message: { rank: 3, kind: 'eventRaised' },
    isFromClient: false,
  });
  expect(raised).toMatchObject({ eventId: -1, eventRaised: { name: 'Paid', input: { value: '1' } } });
});

test('data is passed on as it is, empty or absent', () => {
  expect(send('other', { value: '' }).raised).toMatchObject({ eventRaised: { input: { value: '' } } });
  expect(send('other', null).raised).toMatchObject({ eventRaised: { input: null } });
});

test('an orchestration can send to itself', () => {
  expect(send('parent-1').message).toMatchObject({ to: { by: 'id', id: 'parent-1' } });
});

test.each(['', 'a\0', 'a'.repeat(513)])(
  'an event for an id that nobody can have stays in history only (case %#)',
  (id) => {
    const { message, last } = send(id);
    expect(message).toBeUndefined();
    expect(last).toMatchObject({ eventSent: { instanceId: id } });
  },
);

test('an event for an entity fails the orchestration with a text that says what to do', () => {
  const { outcome, last } = send('@counter@1');
  expect(outcome.messages).toBeUndefined();
  expect(last).toMatchObject({
    executionCompleted: {
      failureDetails: {
        errorType: 'InvalidAction',
        errorMessage:
          "an event can't be sent to the entity '@counter@1': signal or call it (in .NET by the AzureManaged worker)",
      },
    },
  });
});
