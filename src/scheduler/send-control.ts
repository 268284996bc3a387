import { Clock } from '../dispatch/clock.ts';
import { type InstanceId, partitionOf } from '../domain/ids.ts';
import { type ControlKind, type EntityControlKind, ranks } from '../domain/message.ts';
import { type SentMessage } from '../domain/write.ts';
import { type HubContext } from './context.ts';

/** The control is durable by then; a caller needs to wait no longer for its owner to apply it. */
const APPLY_WAIT_MS = 5_000;

interface Control {
  readonly kind: ControlKind | EntityControlKind;
  readonly event: Buffer;
  readonly rank?: number;
}

/**
 * Sends a control to whoever lives under the id, and waits (bounded) until it is applied: status changes are visible
 * when the call returns. Absent and finished instances ignore it.
 */
export async function sendControl(
  context: HubContext,
  id: InstanceId,
  { kind, event, rank = ranks.control }: Control,
): Promise<void> {
  const { hubId, hub, store, metrics, quotas } = context;
  const result = await store.commit({
    messages: [
      {
        to: { by: 'id', partition: partitionOf(hubId, id), hubId, id },
        message: { rank, kind, event },
        isFromClient: true,
      },
    ],
  });
  const sent = result.outcome === 'committed' ? result.messages[0]?.[0] : undefined;
  if (!sent) return;
  metrics.acted(hub, 'control', 1);
  quotas.spend(hubId, hub, 1, Clock.monotonicMs());
  await whenApplied(context, id, sent);
}

/** Resolves when that control has been applied, or after a while: it will be. */
export async function whenApplied(
  { hubId, waits }: HubContext,
  id: InstanceId,
  control: SentMessage,
): Promise<void> {
  const signal = AbortSignal.timeout(APPLY_WAIT_MS);
  await waits.forControl({ hubId, id, signal }, control).catch(() => undefined);
}
