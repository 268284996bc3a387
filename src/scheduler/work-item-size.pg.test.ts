import { describe } from 'vitest';
import {
  answer,
  expect,
  onlyResident,
  raise,
  startOrder,
  type StillEngine,
  test,
} from '../../test/helpers/engine.ts';
import { scheduleTask } from '../../test/helpers/scripted-worker.ts';
import { codec, type MessageInput } from '../protocol/codec.ts';
import { raiseEvent } from './raise-event.ts';

const MIB = 1024 * 1024;
const STREAMING: MessageInput<'GetWorkItemsRequest'> = {
  capabilities: ['WORKER_CAPABILITY_HISTORY_STREAMING'],
};

/** An order whose history has an input of that size, with two large events in its inbox. */
async function withLargeEvents(
  one: StillEngine,
  { historyBytes, request = {} }: { historyBytes: number; request?: MessageInput<'GetWorkItemsRequest'> },
) {
  const worker = one.worker(request);
  await startOrder(one.hub, { instanceId: 'a', input: { value: 'x'.repeat(historyBytes) } });
  await answer(one.hub, await worker.turn(), []);
  await raise(one.hub, 'a', 'first');
  const held = await worker.turn(1);
  const event = { instanceId: 'a', name: 'large', input: { value: 'x'.repeat(0.9 * MIB) } };
  const bytes = codec.encode('RaiseEventRequest', event);
  for (let i = 0; i < 2; i++) await raiseEvent(one.hub, codec.decode('RaiseEventRequest', bytes));
  await answer(one.hub, held, []);
  return worker;
}

describe('a turn that is larger than a work item may be', () => {
  test('has as many of the new events as there is room for beside the history', async ({ still }) => {
    const one = await still();
    const worker = await withLargeEvents(one, { historyBytes: 2.5 * MIB });
    expect((await worker.turn(2)).news).toEqual(['orchestratorStarted', 'eventRaised']);
    expect(onlyResident(one).messages).toHaveLength(2);
  });

  test('has all of them where history is streamed', async ({ still }) => {
    const one = await still();
    const worker = await withLargeEvents(one, { historyBytes: 2.5 * MIB, request: STREAMING });
    const { news, request } = await worker.turn(2);
    expect(news).toEqual(['orchestratorStarted', 'eventRaised', 'eventRaised']);
    expect([request.requiresHistoryStreaming, request.pastEvents]).toEqual([true, []]);
  });

  test('has fewer of them although history is streamed, when they alone are too many', async ({ still }) => {
    const one = await still({ settings: { maxWorkItemBytes: 1.5 * MIB } });
    const worker = await withLargeEvents(one, { historyBytes: MIB, request: STREAMING });
    const { news, request } = await worker.turn(2);
    expect([news.length, request.requiresHistoryStreaming]).toEqual([2, true]);
  });
});

test('an activity that is larger than a work item may be is sent to nobody: it fails, with the reason', async ({
  still,
}) => {
  const one = await still();
  const worker = one.worker(STREAMING);
  await startOrder(one.hub, { instanceId: 'a' });
  const task = scheduleTask(1, 'A', { input: { value: 'x'.repeat(5 * MIB) } });
  await answer(one.hub, await worker.turn(), [task]);
  const { news, request } = await worker.turn(1);
  expect([news, worker.activities]).toEqual([['orchestratorStarted', 'taskFailed'], []]);
  const failed = request.newEvents[1];
  const message = failed?.eventType === 'taskFailed' && failed.taskFailed.failureDetails?.errorMessage;
  expect(message).toMatch(
    /work item of 52\d{5} bytes is larger than 4194304 bytes .PERDURA_MAX_WORK_ITEM_MB/,
  );
});
