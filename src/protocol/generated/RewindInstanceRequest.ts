// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface RewindInstanceRequestInput {
  'instanceId'?: (string);
  'reason'?: (_google_protobuf_StringValueInput | null);
}

export interface RewindInstanceRequest {
  'instanceId': (string);
  'reason': (_google_protobuf_StringValue | null);
}
