// Original file: protos/orchestrator_service.proto

import type { OrchestrationStateInput as _OrchestrationStateInput, OrchestrationState as _OrchestrationState } from './OrchestrationState.ts';

export interface GetInstanceResponseInput {
  'exists'?: (boolean);
  'orchestrationState'?: (_OrchestrationStateInput | null);
}

export interface GetInstanceResponse {
  'exists': (boolean);
  'orchestrationState': (_OrchestrationState | null);
}
