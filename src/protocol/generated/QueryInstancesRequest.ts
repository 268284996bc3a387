// Original file: protos/orchestrator_service.proto

import type { InstanceQueryInput as _InstanceQueryInput, InstanceQuery as _InstanceQuery } from './InstanceQuery.ts';

export interface QueryInstancesRequestInput {
  'query'?: (_InstanceQueryInput | null);
}

export interface QueryInstancesRequest {
  'query': (_InstanceQuery | null);
}
