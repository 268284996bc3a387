// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface SendSignalActionInput {
  'instanceId'?: (string);
  'name'?: (string);
  'input'?: (_google_protobuf_StringValueInput | null);
  'scheduledTime'?: (_google_protobuf_TimestampInput | null);
  'requestTime'?: (_google_protobuf_TimestampInput | null);
  'parentTraceContext'?: (_TraceContextInput | null);
}

export interface SendSignalAction {
  'instanceId': (string);
  'name': (string);
  'input': (_google_protobuf_StringValue | null);
  'scheduledTime': (_google_protobuf_Timestamp | null);
  'requestTime': (_google_protobuf_Timestamp | null);
  'parentTraceContext': (_TraceContext | null);
}
