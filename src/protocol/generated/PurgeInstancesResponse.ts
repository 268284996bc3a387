// Original file: protos/orchestrator_service.proto

import type { BoolValueInput as _google_protobuf_BoolValueInput, BoolValue as _google_protobuf_BoolValue } from './google/protobuf/BoolValue.ts';

export interface PurgeInstancesResponseInput {
  'deletedInstanceCount'?: (number);
  'isComplete'?: (_google_protobuf_BoolValueInput | null);
}

export interface PurgeInstancesResponse {
  'deletedInstanceCount': (number);
  'isComplete': (_google_protobuf_BoolValue | null);
}
