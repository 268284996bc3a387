// Original file: protos/orchestrator_service.proto

import type { EntityOperationSignaledEventInput as _EntityOperationSignaledEventInput, EntityOperationSignaledEvent as _EntityOperationSignaledEvent } from './EntityOperationSignaledEvent.ts';
import type { EntityOperationCalledEventInput as _EntityOperationCalledEventInput, EntityOperationCalledEvent as _EntityOperationCalledEvent } from './EntityOperationCalledEvent.ts';
import type { EntityLockRequestedEventInput as _EntityLockRequestedEventInput, EntityLockRequestedEvent as _EntityLockRequestedEvent } from './EntityLockRequestedEvent.ts';
import type { EntityUnlockSentEventInput as _EntityUnlockSentEventInput, EntityUnlockSentEvent as _EntityUnlockSentEvent } from './EntityUnlockSentEvent.ts';

export interface SendEntityMessageActionInput {
  'entityOperationSignaled'?: (_EntityOperationSignaledEventInput | null);
  'entityOperationCalled'?: (_EntityOperationCalledEventInput | null);
  'entityLockRequested'?: (_EntityLockRequestedEventInput | null);
  'entityUnlockSent'?: (_EntityUnlockSentEventInput | null);
  'EntityMessageType'?: "entityOperationSignaled"|"entityOperationCalled"|"entityLockRequested"|"entityUnlockSent";
}

export interface SendEntityMessageAction {
  'entityOperationSignaled'?: (_EntityOperationSignaledEvent | null);
  'entityOperationCalled'?: (_EntityOperationCalledEvent | null);
  'entityLockRequested'?: (_EntityLockRequestedEvent | null);
  'entityUnlockSent'?: (_EntityUnlockSentEvent | null);
  'EntityMessageType'?: "entityOperationSignaled"|"entityOperationCalled"|"entityLockRequested"|"entityUnlockSent";
}
