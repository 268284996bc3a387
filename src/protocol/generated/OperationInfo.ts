// Original file: protos/orchestrator_service.proto

import type { OrchestrationInstanceInput as _OrchestrationInstanceInput, OrchestrationInstance as _OrchestrationInstance } from './OrchestrationInstance.ts';

export interface OperationInfoInput {
  'requestId'?: (string);
  'responseDestination'?: (_OrchestrationInstanceInput | null);
}

export interface OperationInfo {
  'requestId': (string);
  'responseDestination': (_OrchestrationInstance | null);
}
