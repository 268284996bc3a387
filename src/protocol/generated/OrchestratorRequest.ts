// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { HistoryEventInput as _HistoryEventInput, HistoryEvent as _HistoryEvent } from './HistoryEvent.ts';
import type { OrchestratorEntityParametersInput as _OrchestratorEntityParametersInput, OrchestratorEntityParameters as _OrchestratorEntityParameters } from './OrchestratorEntityParameters.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';
import type { OrchestrationTraceContextInput as _OrchestrationTraceContextInput, OrchestrationTraceContext as _OrchestrationTraceContext } from './OrchestrationTraceContext.ts';

export interface OrchestratorRequestInput {
  'instanceId'?: (string);
  'executionId'?: (_google_protobuf_StringValueInput | null);
  'pastEvents'?: (_HistoryEventInput)[];
  'newEvents'?: (_HistoryEventInput)[];
  'entityParameters'?: (_OrchestratorEntityParametersInput | null);
  'requiresHistoryStreaming'?: (boolean);
  'properties'?: ({[key: string]: _google_protobuf_ValueInput});
  'orchestrationTraceContext'?: (_OrchestrationTraceContextInput | null);
}

export interface OrchestratorRequest {
  'instanceId': (string);
  'executionId': (_google_protobuf_StringValue | null);
  'pastEvents': (_HistoryEvent)[];
  'newEvents': (_HistoryEvent)[];
  'entityParameters': (_OrchestratorEntityParameters | null);
  'requiresHistoryStreaming': (boolean);
  'properties': ({[key: string]: _google_protobuf_Value});
  'orchestrationTraceContext': (_OrchestrationTraceContext | null);
}
