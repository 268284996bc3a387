// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { OrchestrationInstanceInput as _OrchestrationInstanceInput, OrchestrationInstance as _OrchestrationInstance } from './OrchestrationInstance.ts';
import type { ParentInstanceInfoInput as _ParentInstanceInfoInput, ParentInstanceInfo as _ParentInstanceInfo } from './ParentInstanceInfo.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface ExecutionStartedEventInput {
  'name'?: (string);
  'version'?: (_google_protobuf_StringValueInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'orchestrationInstance'?: (_OrchestrationInstanceInput | null);
  'parentInstance'?: (_ParentInstanceInfoInput | null);
  'scheduledStartTimestamp'?: (_google_protobuf_TimestampInput | null);
  'parentTraceContext'?: (_TraceContextInput | null);
  'orchestrationSpanID'?: (_google_protobuf_StringValueInput | null);
  'tags'?: ({[key: string]: string});
}

export interface ExecutionStartedEvent {
  'name': (string);
  'version': (_google_protobuf_StringValue | null);
  'input': (_google_protobuf_StringValue | null);
  'orchestrationInstance': (_OrchestrationInstance | null);
  'parentInstance': (_ParentInstanceInfo | null);
  'scheduledStartTimestamp': (_google_protobuf_Timestamp | null);
  'parentTraceContext': (_TraceContext | null);
  'orchestrationSpanID': (_google_protobuf_StringValue | null);
  'tags': ({[key: string]: string});
}
