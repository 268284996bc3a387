// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { Int32ValueInput as _google_protobuf_Int32ValueInput, Int32Value as _google_protobuf_Int32Value } from './google/protobuf/Int32Value.ts';

export interface EntityQueryInput {
  'instanceIdStartsWith'?: (_google_protobuf_StringValueInput | null);
  'lastModifiedFrom'?: (_google_protobuf_TimestampInput | null);
  'lastModifiedTo'?: (_google_protobuf_TimestampInput | null);
  'includeState'?: (boolean);
  'includeTransient'?: (boolean);
  'pageSize'?: (_google_protobuf_Int32ValueInput | null);
  'continuationToken'?: (_google_protobuf_StringValueInput | null);
}

export interface EntityQuery {
  'instanceIdStartsWith': (_google_protobuf_StringValue | null);
  'lastModifiedFrom': (_google_protobuf_Timestamp | null);
  'lastModifiedTo': (_google_protobuf_Timestamp | null);
  'includeState': (boolean);
  'includeTransient': (boolean);
  'pageSize': (_google_protobuf_Int32Value | null);
  'continuationToken': (_google_protobuf_StringValue | null);
}
