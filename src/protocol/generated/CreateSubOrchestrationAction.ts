// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface CreateSubOrchestrationActionInput {
  'instanceId'?: (string);
  'name'?: (string);
  'version'?: (_google_protobuf_StringValueInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'parentTraceContext'?: (_TraceContextInput | null);
  'tags'?: ({[key: string]: string});
}

export interface CreateSubOrchestrationAction {
  'instanceId': (string);
  'name': (string);
  'version': (_google_protobuf_StringValue | null);
  'input': (_google_protobuf_StringValue | null);
  'parentTraceContext': (_TraceContext | null);
  'tags': ({[key: string]: string});
}
