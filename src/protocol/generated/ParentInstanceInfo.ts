// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { OrchestrationInstanceInput as _OrchestrationInstanceInput, OrchestrationInstance as _OrchestrationInstance } from './OrchestrationInstance.ts';

export interface ParentInstanceInfoInput {
  'taskScheduledId'?: (number);
  'name'?: (_google_protobuf_StringValueInput | null);
  'version'?: (_google_protobuf_StringValueInput | null);
  'orchestrationInstance'?: (_OrchestrationInstanceInput | null);
}

export interface ParentInstanceInfo {
  'taskScheduledId': (number);
  'name': (_google_protobuf_StringValue | null);
  'version': (_google_protobuf_StringValue | null);
  'orchestrationInstance': (_OrchestrationInstance | null);
}
