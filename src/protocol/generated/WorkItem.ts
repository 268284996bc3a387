// Original file: protos/orchestrator_service.proto

import type { OrchestratorRequestInput as _OrchestratorRequestInput, OrchestratorRequest as _OrchestratorRequest } from './OrchestratorRequest.ts';
import type { ActivityRequestInput as _ActivityRequestInput, ActivityRequest as _ActivityRequest } from './ActivityRequest.ts';
import type { EntityBatchRequestInput as _EntityBatchRequestInput, EntityBatchRequest as _EntityBatchRequest } from './EntityBatchRequest.ts';
import type { HealthPingInput as _HealthPingInput, HealthPing as _HealthPing } from './HealthPing.ts';
import type { EntityRequestInput as _EntityRequestInput, EntityRequest as _EntityRequest } from './EntityRequest.ts';

export interface WorkItemInput {
  'orchestratorRequest'?: (_OrchestratorRequestInput | null);
  'activityRequest'?: (_ActivityRequestInput | null);
  'entityRequest'?: (_EntityBatchRequestInput | null);
  'healthPing'?: (_HealthPingInput | null);
  'entityRequestV2'?: (_EntityRequestInput | null);
  'completionToken'?: (string);
  'request'?: "orchestratorRequest"|"activityRequest"|"entityRequest"|"healthPing"|"entityRequestV2";
}

export interface WorkItem {
  'orchestratorRequest'?: (_OrchestratorRequest | null);
  'activityRequest'?: (_ActivityRequest | null);
  'entityRequest'?: (_EntityBatchRequest | null);
  'healthPing'?: (_HealthPing | null);
  'entityRequestV2'?: (_EntityRequest | null);
  'completionToken': (string);
  'request'?: "orchestratorRequest"|"activityRequest"|"entityRequest"|"healthPing"|"entityRequestV2";
}
