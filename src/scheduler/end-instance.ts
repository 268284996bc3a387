import { unavailable } from '../domain/errors.ts';
import { terminateControl } from '../domain/events.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { ranks } from '../domain/message.ts';
import { type HubContext } from './context.ts';
import { sendControl } from './send-control.ts';

const END_WAIT_MS = 10_000;

/**
 * Terminates a running holder of an id that is to be replaced, and waits until it is terminal, or has gone by somebody
 * else's doing (ownership.md §8).
 */
export async function endInstance(
  context: HubContext,
  { id, key }: Pick<InstanceSnapshot, 'id' | 'key'>,
): Promise<void> {
  const { hubId, waits, codec, now } = context;
  const event = terminateControl({ output: null, recurse: false }, now(), codec);
  await sendControl(context, id, { kind: 'terminate', event, rank: ranks.atOnce });
  try {
    const signal = AbortSignal.timeout(END_WAIT_MS);
    await waits.forEnd({ hubId, id, signal }, key);
  } catch (cause) {
    throw unavailable(`the instance '${id}' is being terminated to be replaced; try again`, cause);
  }
}
