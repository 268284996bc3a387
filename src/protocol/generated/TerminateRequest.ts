// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface TerminateRequestInput {
  'instanceId'?: (string);
  'output'?: (_google_protobuf_StringValueInput | null);
  'recursive'?: (boolean);
}

export interface TerminateRequest {
  'instanceId': (string);
  'output': (_google_protobuf_StringValue | null);
  'recursive': (boolean);
}
