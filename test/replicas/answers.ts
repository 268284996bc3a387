import { must } from '../../src/lib/assert.ts';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { type TestHub } from '../helpers/client.ts';
import { type Action, type ActivityItem, type TurnItem } from '../helpers/scripted-worker.ts';

// Answers to work items at whichever replica the test says.

export async function answerTurn(
  { client }: TestHub,
  { instanceId, token: completionToken }: TurnItem,
  actions: readonly Action[],
  rest: Omit<MessageInput<'OrchestratorResponse'>, 'actions'> = {},
): Promise<void> {
  await client.call('CompleteOrchestratorTask', {
    ...{ instanceId, completionToken },
    actions: [...actions],
    ...rest,
  });
}

export async function answerActivity(
  { client }: TestHub,
  { token: completionToken, request }: ActivityItem,
  result: string,
  rest: MessageInput<'ActivityResponse'> = {},
): Promise<void> {
  const { instanceId } = must(request.orchestrationInstance, 'the instance of an activity');
  const { taskId } = request;
  await client.call('CompleteActivityTask', {
    ...{ instanceId, taskId, completionToken },
    result: { value: result },
    ...rest,
  });
}

/** One of several parts of an answer. */
export function part(index: number, isPartial: boolean): MessageInput<'OrchestratorResponse'> {
  return { isPartial, chunkIndex: { value: index } };
}
