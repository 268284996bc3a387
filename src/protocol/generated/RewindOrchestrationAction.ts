// Original file: protos/orchestrator_service.proto

import type { HistoryEventInput as _HistoryEventInput, HistoryEvent as _HistoryEvent } from './HistoryEvent.ts';

export interface RewindOrchestrationActionInput {
  'newHistory'?: (_HistoryEventInput)[];
}

export interface RewindOrchestrationAction {
  'newHistory': (_HistoryEvent)[];
}
