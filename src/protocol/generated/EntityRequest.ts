// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { HistoryEventInput as _HistoryEventInput, HistoryEvent as _HistoryEvent } from './HistoryEvent.ts';

export interface EntityRequestInput {
  'instanceId'?: (string);
  'executionId'?: (string);
  'entityState'?: (_google_protobuf_StringValueInput | null);
  'operationRequests'?: (_HistoryEventInput)[];
}

export interface EntityRequest {
  'instanceId': (string);
  'executionId': (string);
  'entityState': (_google_protobuf_StringValue | null);
  'operationRequests': (_HistoryEvent)[];
}
