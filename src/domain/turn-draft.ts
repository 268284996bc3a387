import { type Timestamp } from '../protocol/messages.ts';
import { type InstanceState, type Section } from './instance.ts';
import { type InstanceId, partitionOf } from './ids.ts';
import { type BoundedTools } from './tools.ts';
import { type MessageDraft } from './message.ts';
import {
  type EntityMessage,
  type NewActivity,
  type NewInstance,
  type NewMessage,
  type NewTimer,
} from './write.ts';

/** What the actions of a turn add up to, while they are applied one by one. */
export interface TurnDraft {
  readonly state: InstanceState;
  readonly tools: BoundedTools;
  /** Timestamp of everything that the turn makes: not before its OrchestratorStarted. */
  readonly at: Timestamp;
  /** The turn continues as new: what the orchestration sends to itself goes to the next generation's front. */
  readonly isRenewing: boolean;
  /** Encoded outbound history events. */
  readonly events: Buffer[];
  readonly activities: NewActivity[];
  readonly timers: NewTimer[];
  readonly instances: NewInstance[];
  readonly messages: NewMessage[];
  readonly entityMessages: EntityMessage[];
  /** Critical sections that are not over. */
  sections: readonly Section[];
  /** Events to itself of a turn that continues as new. */
  readonly sentToItself: { readonly name: string; readonly input: string | null }[];
}

/** Why an action can't be carried out: the orchestration fails with it. A value, because nobody can be told otherwise. */
export interface Refusal {
  readonly errorType: string;
  readonly errorMessage: string;
}

export function newDraft(base: Pick<TurnDraft, 'state' | 'tools' | 'at' | 'isRenewing'>): TurnDraft {
  return {
    state: base.state,
    tools: base.tools,
    at: base.at,
    isRenewing: base.isRenewing,
    events: [],
    activities: [],
    timers: [],
    instances: [],
    messages: [],
    entityMessages: [],
    sections: base.state.sections,
    sentToItself: [],
  };
}

/** A message of the turn to whoever lives under the id when it is recorded. */
export function sendTo({ state, messages }: TurnDraft, id: InstanceId, message: MessageDraft): void {
  const { hubId } = state;
  messages.push({
    to: { by: 'id', partition: partitionOf(hubId, id), hubId, id },
    message,
    isFromClient: false,
  });
}

export const invalidAction = (errorMessage: string): Refusal => ({
  errorType: 'InvalidAction',
  errorMessage,
});
