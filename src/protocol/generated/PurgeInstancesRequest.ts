// Original file: protos/orchestrator_service.proto

import type { PurgeInstanceFilterInput as _PurgeInstanceFilterInput, PurgeInstanceFilter as _PurgeInstanceFilter } from './PurgeInstanceFilter.ts';
import type { InstanceBatchInput as _InstanceBatchInput, InstanceBatch as _InstanceBatch } from './InstanceBatch.ts';

export interface PurgeInstancesRequestInput {
  'instanceId'?: (string);
  'purgeInstanceFilter'?: (_PurgeInstanceFilterInput | null);
  'recursive'?: (boolean);
  'instanceBatch'?: (_InstanceBatchInput | null);
  'isOrchestration'?: (boolean);
  'request'?: "instanceId"|"purgeInstanceFilter"|"instanceBatch";
}

export interface PurgeInstancesRequest {
  'instanceId'?: (string);
  'purgeInstanceFilter'?: (_PurgeInstanceFilter | null);
  'recursive': (boolean);
  'instanceBatch'?: (_InstanceBatch | null);
  'isOrchestration': (boolean);
  'request'?: "instanceId"|"purgeInstanceFilter"|"instanceBatch";
}
