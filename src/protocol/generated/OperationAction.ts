// Original file: protos/orchestrator_service.proto

import type { SendSignalActionInput as _SendSignalActionInput, SendSignalAction as _SendSignalAction } from './SendSignalAction.ts';
import type { StartNewOrchestrationActionInput as _StartNewOrchestrationActionInput, StartNewOrchestrationAction as _StartNewOrchestrationAction } from './StartNewOrchestrationAction.ts';

export interface OperationActionInput {
  'id'?: (number);
  'sendSignal'?: (_SendSignalActionInput | null);
  'startNewOrchestration'?: (_StartNewOrchestrationActionInput | null);
  'operationActionType'?: "sendSignal"|"startNewOrchestration";
}

export interface OperationAction {
  'id': (number);
  'sendSignal'?: (_SendSignalAction | null);
  'startNewOrchestration'?: (_StartNewOrchestrationAction | null);
  'operationActionType'?: "sendSignal"|"startNewOrchestration";
}
