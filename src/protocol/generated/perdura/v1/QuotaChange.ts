// Original file: protos/perdura/v1/admin.proto

import type { Int64ValueInput as _google_protobuf_Int64ValueInput, Int64Value as _google_protobuf_Int64Value } from '../../google/protobuf/Int64Value.ts';

export interface QuotaChangeInput {
  'name'?: (string);
  'value'?: (_google_protobuf_Int64ValueInput | null);
}

export interface QuotaChange {
  'name': (string);
  'value': (_google_protobuf_Int64Value | null);
}
