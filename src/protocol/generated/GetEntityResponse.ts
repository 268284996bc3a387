// Original file: protos/orchestrator_service.proto

import type { EntityMetadataInput as _EntityMetadataInput, EntityMetadata as _EntityMetadata } from './EntityMetadata.ts';

export interface GetEntityResponseInput {
  'exists'?: (boolean);
  'entity'?: (_EntityMetadataInput | null);
}

export interface GetEntityResponse {
  'exists': (boolean);
  'entity': (_EntityMetadata | null);
}
