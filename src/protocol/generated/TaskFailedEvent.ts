// Original file: protos/orchestrator_service.proto

import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';

export interface TaskFailedEventInput {
  'taskScheduledId'?: (number);
  'failureDetails'?: (_TaskFailureDetailsInput | null);
}

export interface TaskFailedEvent {
  'taskScheduledId': (number);
  'failureDetails': (_TaskFailureDetails | null);
}
