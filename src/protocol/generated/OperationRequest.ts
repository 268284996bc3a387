// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface OperationRequestInput {
  'operation'?: (string);
  'requestId'?: (string);
  'input'?: (_google_protobuf_StringValueInput | null);
  'traceContext'?: (_TraceContextInput | null);
}

export interface OperationRequest {
  'operation': (string);
  'requestId': (string);
  'input': (_google_protobuf_StringValue | null);
  'traceContext': (_TraceContext | null);
}
