// Original file: protos/orchestrator_service.proto

import type { OrchestratorActionInput as _OrchestratorActionInput, OrchestratorAction as _OrchestratorAction } from './OrchestratorAction.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { Int32ValueInput as _google_protobuf_Int32ValueInput, Int32Value as _google_protobuf_Int32Value } from './google/protobuf/Int32Value.ts';
import type { OrchestrationTraceContextInput as _OrchestrationTraceContextInput, OrchestrationTraceContext as _OrchestrationTraceContext } from './OrchestrationTraceContext.ts';

export interface OrchestratorResponseInput {
  'instanceId'?: (string);
  'actions'?: (_OrchestratorActionInput)[];
  'customStatus'?: (_google_protobuf_StringValueInput | null);
  'completionToken'?: (string);
  'numEventsProcessed'?: (_google_protobuf_Int32ValueInput | null);
  'orchestrationTraceContext'?: (_OrchestrationTraceContextInput | null);
  'requiresHistory'?: (boolean);
  'isPartial'?: (boolean);
  'chunkIndex'?: (_google_protobuf_Int32ValueInput | null);
}

export interface OrchestratorResponse {
  'instanceId': (string);
  'actions': (_OrchestratorAction)[];
  'customStatus': (_google_protobuf_StringValue | null);
  'completionToken': (string);
  'numEventsProcessed': (_google_protobuf_Int32Value | null);
  'orchestrationTraceContext': (_OrchestrationTraceContext | null);
  'requiresHistory': (boolean);
  'isPartial': (boolean);
  'chunkIndex': (_google_protobuf_Int32Value | null);
}
