// Original file: protos/orchestrator_service.proto

import type { OrchestrationStateInput as _OrchestrationStateInput, OrchestrationState as _OrchestrationState } from './OrchestrationState.ts';

export interface HistoryStateEventInput {
  'orchestrationState'?: (_OrchestrationStateInput | null);
}

export interface HistoryStateEvent {
  'orchestrationState': (_OrchestrationState | null);
}
