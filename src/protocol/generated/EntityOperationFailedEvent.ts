// Original file: protos/orchestrator_service.proto

import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';

export interface EntityOperationFailedEventInput {
  'requestId'?: (string);
  'failureDetails'?: (_TaskFailureDetailsInput | null);
}

export interface EntityOperationFailedEvent {
  'requestId': (string);
  'failureDetails': (_TaskFailureDetails | null);
}
