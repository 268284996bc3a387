// Original file: protos/perdura/v1/admin.proto

import type { Int64ValueInput as _google_protobuf_Int64ValueInput, Int64Value as _google_protobuf_Int64Value } from '../../google/protobuf/Int64Value.ts';

export interface TaskHubQuotaInput {
  'name'?: (string);
  'own'?: (_google_protobuf_Int64ValueInput | null);
  'limit'?: (_google_protobuf_Int64ValueInput | null);
  'used'?: (_google_protobuf_Int64ValueInput | null);
}

export interface TaskHubQuota {
  'name': (string);
  'own': (_google_protobuf_Int64Value | null);
  'limit': (_google_protobuf_Int64Value | null);
  'used': (_google_protobuf_Int64Value | null);
}
