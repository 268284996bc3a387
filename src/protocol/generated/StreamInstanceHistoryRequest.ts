// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface StreamInstanceHistoryRequestInput {
  'instanceId'?: (string);
  'executionId'?: (_google_protobuf_StringValueInput | null);
  'forWorkItemProcessing'?: (boolean);
}

export interface StreamInstanceHistoryRequest {
  'instanceId': (string);
  'executionId': (_google_protobuf_StringValue | null);
  'forWorkItemProcessing': (boolean);
}
