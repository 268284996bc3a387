// Original file: protos/orchestrator_service.proto

import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';

export interface OrchestrationIdReusePolicyInput {
  'replaceableStatus'?: (_OrchestrationStatusInput)[];
}

export interface OrchestrationIdReusePolicy {
  'replaceableStatus': (_OrchestrationStatus)[];
}
