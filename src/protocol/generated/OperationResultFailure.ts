// Original file: protos/orchestrator_service.proto

import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';

export interface OperationResultFailureInput {
  'failureDetails'?: (_TaskFailureDetailsInput | null);
  'startTimeUtc'?: (_google_protobuf_TimestampInput | null);
  'endTimeUtc'?: (_google_protobuf_TimestampInput | null);
}

export interface OperationResultFailure {
  'failureDetails': (_TaskFailureDetails | null);
  'startTimeUtc': (_google_protobuf_Timestamp | null);
  'endTimeUtc': (_google_protobuf_Timestamp | null);
}
