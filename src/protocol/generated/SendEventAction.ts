// Original file: protos/orchestrator_service.proto

import type { OrchestrationInstanceInput as _OrchestrationInstanceInput, OrchestrationInstance as _OrchestrationInstance } from './OrchestrationInstance.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface SendEventActionInput {
  'instance'?: (_OrchestrationInstanceInput | null);
  'name'?: (string);
  'data'?: (_google_protobuf_StringValueInput | null);
}

export interface SendEventAction {
  'instance': (_OrchestrationInstance | null);
  'name': (string);
  'data': (_google_protobuf_StringValue | null);
}
