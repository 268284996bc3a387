// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface SignalEntityRequestInput {
  'instanceId'?: (string);
  'name'?: (string);
  'input'?: (_google_protobuf_StringValueInput | null);
  'requestId'?: (string);
  'scheduledTime'?: (_google_protobuf_TimestampInput | null);
  'parentTraceContext'?: (_TraceContextInput | null);
  'requestTime'?: (_google_protobuf_TimestampInput | null);
}

export interface SignalEntityRequest {
  'instanceId': (string);
  'name': (string);
  'input': (_google_protobuf_StringValue | null);
  'requestId': (string);
  'scheduledTime': (_google_protobuf_Timestamp | null);
  'parentTraceContext': (_TraceContext | null);
  'requestTime': (_google_protobuf_Timestamp | null);
}
