// Original file: protos/orchestrator_service.proto

import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';

export interface ExecutionCompletedEventInput {
  'orchestrationStatus'?: (_OrchestrationStatusInput);
  'result'?: (_google_protobuf_StringValueInput | null);
  'failureDetails'?: (_TaskFailureDetailsInput | null);
}

export interface ExecutionCompletedEvent {
  'orchestrationStatus': (_OrchestrationStatus);
  'result': (_google_protobuf_StringValue | null);
  'failureDetails': (_TaskFailureDetails | null);
}
