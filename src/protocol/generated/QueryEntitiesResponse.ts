// Original file: protos/orchestrator_service.proto

import type { EntityMetadataInput as _EntityMetadataInput, EntityMetadata as _EntityMetadata } from './EntityMetadata.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface QueryEntitiesResponseInput {
  'entities'?: (_EntityMetadataInput)[];
  'continuationToken'?: (_google_protobuf_StringValueInput | null);
}

export interface QueryEntitiesResponse {
  'entities': (_EntityMetadata)[];
  'continuationToken': (_google_protobuf_StringValue | null);
}
