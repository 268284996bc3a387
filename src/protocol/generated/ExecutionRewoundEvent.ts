// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';
import type { ParentInstanceInfoInput as _ParentInstanceInfoInput, ParentInstanceInfo as _ParentInstanceInfo } from './ParentInstanceInfo.ts';

export interface ExecutionRewoundEventInput {
  'reason'?: (_google_protobuf_StringValueInput | null);
  'parentExecutionId'?: (_google_protobuf_StringValueInput | null);
  'instanceId'?: (_google_protobuf_StringValueInput | null);
  'parentTraceContext'?: (_TraceContextInput | null);
  'name'?: (_google_protobuf_StringValueInput | null);
  'version'?: (_google_protobuf_StringValueInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'parentInstance'?: (_ParentInstanceInfoInput | null);
  'tags'?: ({[key: string]: string});
}

export interface ExecutionRewoundEvent {
  'reason': (_google_protobuf_StringValue | null);
  'parentExecutionId': (_google_protobuf_StringValue | null);
  'instanceId': (_google_protobuf_StringValue | null);
  'parentTraceContext': (_TraceContext | null);
  'name': (_google_protobuf_StringValue | null);
  'version': (_google_protobuf_StringValue | null);
  'input': (_google_protobuf_StringValue | null);
  'parentInstance': (_ParentInstanceInfo | null);
  'tags': ({[key: string]: string});
}
