import { type ActionOf } from '../../protocol/messages.ts';
import { terminateControl } from '../events.ts';
import { instanceId } from '../ids.ts';
import { ranks } from '../message.ts';
import { text } from '../payload.ts';
import { sendTo, type TurnDraft } from '../turn-draft.ts';
import { canBeInstanceId } from '../validate.ts';

/** Ends another instance, as a client's call would. History does not show it. */
export function terminateOrchestration(
  draft: TurnDraft,
  { terminateOrchestration: { instanceId: target, reason, recurse } }: ActionOf<'terminateOrchestration'>,
): void {
  if (!canBeInstanceId(target)) return;
  const { at, tools } = draft;
  const event = terminateControl({ output: text(reason), recurse }, at, tools.codec);
  sendTo(draft, instanceId(target), { rank: ranks.control, kind: 'terminate', event });
}
