import { invalidArgument } from '../domain/errors.ts';
import { terminateControl } from '../domain/events.ts';
import { instanceId, partitionOf } from '../domain/ids.ts';
import { ranks } from '../domain/message.ts';
import { limits } from '../domain/limits.ts';
import { checkPayload } from '../domain/payload-bounds.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { type SkipGracefulOrchestrationTerminationsRequest } from '../protocol/messages.ts';
import { type HubContext } from './context.ts';
import { whenApplied } from './send-control.ts';

/**
 * Terminates many instances by one call, without their children (contract §5.5). Returns the ids of those that it can't:
 * finished, missing, entities.
 */
export async function skipGracefulTerminations(
  context: HubContext,
  { instanceBatch, reason }: SkipGracefulOrchestrationTerminationsRequest,
): Promise<string[]> {
  const { hubId, store, codec, now, settings } = context;
  checkPayload(reason, 'reason', settings.bounds);
  const asked = [...new Set(instanceBatch?.instanceIds ?? [])];
  if (asked.length > limits.batchIds) {
    throw invalidArgument(
      `a batch has at most ${limits.batchIds} instance ids; this one has ${asked.length}`,
    );
  }
  const ids = asked.filter(canBeInstanceId).map(instanceId);
  const event = terminateControl({ output: reason?.value ?? null, recurse: false }, now(), codec);
  // A write for each: the lane bounds what it sends at once.
  const results = await Promise.all(
    ids.map((id) =>
      store.commit({
        messages: [
          {
            to: { by: 'id', partition: partitionOf(hubId, id), hubId, id },
            message: { rank: ranks.atOnce, kind: 'terminate', event },
            isFromClient: true,
          },
        ],
      }),
    ),
  );
  const sent = results.map((result) => (result.outcome === 'committed' ? (result.messages[0] ?? []) : []));
  const terminated = ids.filter((_, i) => (sent[i]?.length ?? 0) > 0);
  await Promise.all(
    ids.flatMap((id, i) => (sent[i] ?? []).map((control) => whenApplied(context, id, control))),
  );
  const isTerminated = new Set<string>(terminated);
  return asked.filter((id) => !isTerminated.has(id));
}
