// Original file: protos/orchestrator_service.proto

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface EntityOperationCalledEventInput {
  'requestId'?: (string);
  'operation'?: (string);
  'scheduledTime'?: (_google_protobuf_TimestampInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'parentInstanceId'?: (_google_protobuf_StringValueInput | null);
  'parentExecutionId'?: (_google_protobuf_StringValueInput | null);
  'targetInstanceId'?: (_google_protobuf_StringValueInput | null);
}

export interface EntityOperationCalledEvent {
  'requestId': (string);
  'operation': (string);
  'scheduledTime': (_google_protobuf_Timestamp | null);
  'input': (_google_protobuf_StringValue | null);
  'parentInstanceId': (_google_protobuf_StringValue | null);
  'parentExecutionId': (_google_protobuf_StringValue | null);
  'targetInstanceId': (_google_protobuf_StringValue | null);
}
