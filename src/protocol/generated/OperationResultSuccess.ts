// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';

export interface OperationResultSuccessInput {
  'result'?: (_google_protobuf_StringValueInput | null);
  'startTimeUtc'?: (_google_protobuf_TimestampInput | null);
  'endTimeUtc'?: (_google_protobuf_TimestampInput | null);
}

export interface OperationResultSuccess {
  'result': (_google_protobuf_StringValue | null);
  'startTimeUtc': (_google_protobuf_Timestamp | null);
  'endTimeUtc': (_google_protobuf_Timestamp | null);
}
