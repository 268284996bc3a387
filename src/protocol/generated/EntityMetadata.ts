// Original file: protos/orchestrator_service.proto

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface EntityMetadataInput {
  'instanceId'?: (string);
  'lastModifiedTime'?: (_google_protobuf_TimestampInput | null);
  'backlogQueueSize'?: (number);
  'lockedBy'?: (_google_protobuf_StringValueInput | null);
  'serializedState'?: (_google_protobuf_StringValueInput | null);
}

export interface EntityMetadata {
  'instanceId': (string);
  'lastModifiedTime': (_google_protobuf_Timestamp | null);
  'backlogQueueSize': (number);
  'lockedBy': (_google_protobuf_StringValue | null);
  'serializedState': (_google_protobuf_StringValue | null);
}
