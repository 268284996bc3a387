import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callMessage, entityState, holderNamed, signalMessage } from '../../test/helpers/entity-factories.ts';
import { after, toolsAt } from '../../test/helpers/factories.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { type EntityBatchResult } from '../protocol/messages.ts';
import { applyBatch, failBatch } from './apply-batch.ts';
import { buildBatch } from './entity-step.ts';
import { type Message } from './message.ts';
import { type Write } from './write.ts';

function resultOf(result: MessageInput<'EntityBatchResult'>): EntityBatchResult {
  return codec.decode('EntityBatchResult', codec.encode('EntityBatchResult', result));
}

function apply(inbox: readonly Message[], result: MessageInput<'EntityBatchResult'>, state = entityState()) {
  const turn = buildBatch(state, inbox, after(9));
  return applyBatch(state, turn, resultOf(result), toolsAt());
}

const repliesIn = ({ messages = [] }: Write) =>
  messages.map(({ to, message }) => ({ to, event: codec.decodeEvent(message.event) }));

const operations = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });

describe('a batch', () => {
  test('records as many operations as there are results, and answers their calls in order', () => {
    fc.assert(
      fc.property(operations, fc.nat(10), (areCalls, count) => {
        const inbox = areCalls.map((isCall, i) =>
          isCall ? callMessage(holderNamed(i), `call-${i}`) : signalMessage(`signal-${i}`),
        );
        const results = Array.from({ length: count }, (_, i) =>
          i % 2 === 0
            ? { success: { result: { value: String(i) } } }
            : { failure: { failureDetails: { errorMessage: String(i) } } },
        );
        const { write } = apply(inbox, { results, entityState: { value: 'next' } });
        const done = inbox.slice(0, count);
        expect(write.patch).toMatchObject({
          ...{ kind: 'entity', key: 500, turn: 3, isTurn: true, heldBy: null, dropsSignals: false },
          ...{ state: 'next', consumed: done },
        });
        const calls = done.flatMap((message, i) => (message.kind === 'call' ? [i] : []));
        expect(repliesIn(write)).toMatchObject(
          calls.map((i) => ({
            to: { by: 'key', key: 100 + i, generation: 2 },
            event: {
              eventId: -1,
              ...(i % 2 === 0
                ? { entityOperationCompleted: { requestId: `call-${i}`, output: { value: String(i) } } }
                : {
                    entityOperationFailed: {
                      requestId: `call-${i}`,
                      failureDetails: { errorMessage: String(i) },
                    },
                  }),
            },
          })),
        );
      }),
    );
  });

  test('without a state deletes the entity; an empty one is a state', () => {
    expect(apply([signalMessage()], { results: [{}] }).write.patch.state).toBeNull();
    const entityState = { value: '' };
    expect(apply([signalMessage()], { results: [{}], entityState }).write.patch.state).toBe('');
  });

  test('leaves a lock as it is', () => {
    const heldBy = holderNamed();
    const { write } = apply([callMessage(heldBy)], { results: [{}] }, entityState({ heldBy }));
    expect(write.patch.heldBy).toEqual(heldBy);
  });

  test('answers failures without details with details (entities §1.6)', () => {
    const { write } = apply([callMessage()], { results: [{ failure: {} }] });
    const errorType = expect.stringMatching(/./) as unknown;
    expect(repliesIn(write)).toMatchObject([
      { event: { entityOperationFailed: { failureDetails: { errorType } } } },
    ]);
  });

  test('sends signals in order, now or later, and starts orchestrations without a parent', () => {
    const { write, skipped } = apply([signalMessage()], {
      results: [{}],
      actions: [
        { sendSignal: { instanceId: '@counter@1', name: 'a' } },
        { sendSignal: { instanceId: '@other@1', name: 'b', scheduledTime: after(60) } },
        { startNewOrchestration: { instanceId: 'new', name: 'Order', version: { value: '' } } },
      ],
    });
    expect(skipped).toEqual([]);
    expect(write.entityMessages).toMatchObject([
      { id: '@counter@1', firesAt: null, requestId: null, message: { kind: 'signal' } },
      { id: '@other@1', firesAt: after(60).seconds * 1e6, message: { kind: 'signal' } },
    ]);
    expect(write.instances).toMatchObject([
      { id: 'new', parent: null, version: null, replaces: ['completed', 'failed', 'terminated'] },
    ]);
  });

  test('tells what it leaves out', () => {
    const { write, skipped } = apply([signalMessage()], {
      results: [{}],
      actions: [
        {},
        { sendSignal: { instanceId: 'nobody', name: 'a' } },
        { startNewOrchestration: { instanceId: '@a@1', name: 'Order' } },
        { startNewOrchestration: { instanceId: 'x', name: '' } },
      ],
    });
    expect(skipped).toHaveLength(4);
    expect(Object.keys(write)).toEqual(['patch']);
  });
});

test('a batch that is given up fails its calls, drops its signals and keeps state and lock', () => {
  const state = entityState();
  const inbox = [signalMessage(), callMessage(holderNamed(1), 'x'), callMessage(holderNamed(2), 'y')];
  const failure = { errorType: 'E', errorMessage: 'm' };
  const write = failBatch(state, buildBatch(state, inbox, after(9)), failure, toolsAt());
  expect(write.patch).toMatchObject({ state: '1', consumed: inbox, isTurn: true });
  expect(repliesIn(write)).toMatchObject(
    ['x', 'y'].map((requestId) => ({
      event: { entityOperationFailed: { requestId, failureDetails: failure } },
    })),
  );
});
