// Original file: protos/perdura/v1/admin.proto

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from '../../google/protobuf/Timestamp.ts';

export interface TaskHubInput {
  'name'?: (string);
  'createdTimestamp'?: (_google_protobuf_TimestampInput | null);
  'store'?: (string);
}

export interface TaskHub {
  'name': (string);
  'createdTimestamp': (_google_protobuf_Timestamp | null);
  'store': (string);
}
