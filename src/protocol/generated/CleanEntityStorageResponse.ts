// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface CleanEntityStorageResponseInput {
  'continuationToken'?: (_google_protobuf_StringValueInput | null);
  'emptyEntitiesRemoved'?: (number);
  'orphanedLocksReleased'?: (number);
}

export interface CleanEntityStorageResponse {
  'continuationToken': (_google_protobuf_StringValue | null);
  'emptyEntitiesRemoved': (number);
  'orphanedLocksReleased': (number);
}
