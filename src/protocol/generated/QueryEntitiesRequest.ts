// Original file: protos/orchestrator_service.proto

import type { EntityQueryInput as _EntityQueryInput, EntityQuery as _EntityQuery } from './EntityQuery.ts';

export interface QueryEntitiesRequestInput {
  'query'?: (_EntityQueryInput | null);
}

export interface QueryEntitiesRequest {
  'query': (_EntityQuery | null);
}
