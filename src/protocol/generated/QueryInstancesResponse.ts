// Original file: protos/orchestrator_service.proto

import type { OrchestrationStateInput as _OrchestrationStateInput, OrchestrationState as _OrchestrationState } from './OrchestrationState.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface QueryInstancesResponseInput {
  'orchestrationState'?: (_OrchestrationStateInput)[];
  'continuationToken'?: (_google_protobuf_StringValueInput | null);
}

export interface QueryInstancesResponse {
  'orchestrationState': (_OrchestrationState)[];
  'continuationToken': (_google_protobuf_StringValue | null);
}
