import { withSender } from '../../src/domain/entity-message.ts';
import { type LockHolder, type InstanceState } from '../../src/domain/instance.ts';
import { instanceId } from '../../src/domain/ids.ts';
import { type Message, ranks } from '../../src/domain/message.ts';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { inboxMessage, instanceState } from './factories.ts';

/** An orchestration that calls and locks: generation 2 of the instance with the key 100 + n. */
export function holderNamed(n = 0, section = 'section'): LockHolder {
  return { partition: 7, key: 100 + n, generation: 2, id: `parent-${n}`, section };
}

export function entityState(changes: Partial<InstanceState> = {}): InstanceState {
  const id = instanceId('@counter@1');
  return instanceState({
    key: 500,
    id,
    name: 'counter',
    kind: 'entity',
    entityState: '1',
    turn: 3,
    ...changes,
  });
}

export function signalMessage(operation = 'add', input = '1'): Message {
  return inboxMessage('signal', {
    entityOperationSignaled: { requestId: operation, operation, input: { value: input } },
  });
}

function from(sender: LockHolder, message: Message): Message {
  return { ...message, event: withSender(sender, message.event) };
}

export function callMessage(
  sender = holderNamed(),
  operation = 'get',
  rank: number = ranks.arrived,
): Message {
  const entityOperationCalled = { requestId: operation, operation, parentInstanceId: { value: sender.id } };
  return from(sender, inboxMessage('call', { entityOperationCalled }, { rank }));
}

export function lockMessage(
  sender = holderNamed(),
  request: MessageInput<'EntityLockRequestedEvent'> = {},
): Message {
  const entityLockRequested = {
    ...{ criticalSectionId: sender.section, lockSet: ['@counter@1'], position: 0 },
    ...{ parentInstanceId: { value: sender.id }, ...request },
  };
  return from(sender, inboxMessage('lockRequest', { entityLockRequested }));
}

export function releaseMessage(sender = holderNamed()): Message {
  const entityUnlockSent = { criticalSectionId: sender.section, parentInstanceId: { value: sender.id } };
  return from(sender, inboxMessage('release', { entityUnlockSent }, { rank: ranks.control }));
}
