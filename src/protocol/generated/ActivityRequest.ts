// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { OrchestrationInstanceInput as _OrchestrationInstanceInput, OrchestrationInstance as _OrchestrationInstance } from './OrchestrationInstance.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';

export interface ActivityRequestInput {
  'name'?: (string);
  'version'?: (_google_protobuf_StringValueInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'orchestrationInstance'?: (_OrchestrationInstanceInput | null);
  'taskId'?: (number);
  'parentTraceContext'?: (_TraceContextInput | null);
  'tags'?: ({[key: string]: string});
}

export interface ActivityRequest {
  'name': (string);
  'version': (_google_protobuf_StringValue | null);
  'input': (_google_protobuf_StringValue | null);
  'orchestrationInstance': (_OrchestrationInstance | null);
  'taskId': (number);
  'parentTraceContext': (_TraceContext | null);
  'tags': ({[key: string]: string});
}
