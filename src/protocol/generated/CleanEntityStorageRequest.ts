// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface CleanEntityStorageRequestInput {
  'continuationToken'?: (_google_protobuf_StringValueInput | null);
  'removeEmptyEntities'?: (boolean);
  'releaseOrphanedLocks'?: (boolean);
}

export interface CleanEntityStorageRequest {
  'continuationToken': (_google_protobuf_StringValue | null);
  'removeEmptyEntities': (boolean);
  'releaseOrphanedLocks': (boolean);
}
