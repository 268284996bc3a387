// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';

export interface OrchestrationTraceContextInput {
  'spanID'?: (_google_protobuf_StringValueInput | null);
  'spanStartTime'?: (_google_protobuf_TimestampInput | null);
}

export interface OrchestrationTraceContext {
  'spanID': (_google_protobuf_StringValue | null);
  'spanStartTime': (_google_protobuf_Timestamp | null);
}
