// Original file: protos/orchestrator_service.proto

import type { ScheduleTaskActionInput as _ScheduleTaskActionInput, ScheduleTaskAction as _ScheduleTaskAction } from './ScheduleTaskAction.ts';
import type { CreateSubOrchestrationActionInput as _CreateSubOrchestrationActionInput, CreateSubOrchestrationAction as _CreateSubOrchestrationAction } from './CreateSubOrchestrationAction.ts';
import type { CreateTimerActionInput as _CreateTimerActionInput, CreateTimerAction as _CreateTimerAction } from './CreateTimerAction.ts';
import type { SendEventActionInput as _SendEventActionInput, SendEventAction as _SendEventAction } from './SendEventAction.ts';
import type { CompleteOrchestrationActionInput as _CompleteOrchestrationActionInput, CompleteOrchestrationAction as _CompleteOrchestrationAction } from './CompleteOrchestrationAction.ts';
import type { TerminateOrchestrationActionInput as _TerminateOrchestrationActionInput, TerminateOrchestrationAction as _TerminateOrchestrationAction } from './TerminateOrchestrationAction.ts';
import type { SendEntityMessageActionInput as _SendEntityMessageActionInput, SendEntityMessageAction as _SendEntityMessageAction } from './SendEntityMessageAction.ts';
import type { RewindOrchestrationActionInput as _RewindOrchestrationActionInput, RewindOrchestrationAction as _RewindOrchestrationAction } from './RewindOrchestrationAction.ts';

export interface OrchestratorActionInput {
  'id'?: (number);
  'scheduleTask'?: (_ScheduleTaskActionInput | null);
  'createSubOrchestration'?: (_CreateSubOrchestrationActionInput | null);
  'createTimer'?: (_CreateTimerActionInput | null);
  'sendEvent'?: (_SendEventActionInput | null);
  'completeOrchestration'?: (_CompleteOrchestrationActionInput | null);
  'terminateOrchestration'?: (_TerminateOrchestrationActionInput | null);
  'sendEntityMessage'?: (_SendEntityMessageActionInput | null);
  'rewindOrchestration'?: (_RewindOrchestrationActionInput | null);
  'orchestratorActionType'?: "scheduleTask"|"createSubOrchestration"|"createTimer"|"sendEvent"|"completeOrchestration"|"terminateOrchestration"|"sendEntityMessage"|"rewindOrchestration";
}

export interface OrchestratorAction {
  'id': (number);
  'scheduleTask'?: (_ScheduleTaskAction | null);
  'createSubOrchestration'?: (_CreateSubOrchestrationAction | null);
  'createTimer'?: (_CreateTimerAction | null);
  'sendEvent'?: (_SendEventAction | null);
  'completeOrchestration'?: (_CompleteOrchestrationAction | null);
  'terminateOrchestration'?: (_TerminateOrchestrationAction | null);
  'sendEntityMessage'?: (_SendEntityMessageAction | null);
  'rewindOrchestration'?: (_RewindOrchestrationAction | null);
  'orchestratorActionType'?: "scheduleTask"|"createSubOrchestration"|"createTimer"|"sendEvent"|"completeOrchestration"|"terminateOrchestration"|"sendEntityMessage"|"rewindOrchestration";
}
