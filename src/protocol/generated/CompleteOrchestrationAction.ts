// Original file: protos/orchestrator_service.proto

import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { HistoryEventInput as _HistoryEventInput, HistoryEvent as _HistoryEvent } from './HistoryEvent.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';

export interface CompleteOrchestrationActionInput {
  'orchestrationStatus'?: (_OrchestrationStatusInput);
  'result'?: (_google_protobuf_StringValueInput | null);
  'details'?: (_google_protobuf_StringValueInput | null);
  'newVersion'?: (_google_protobuf_StringValueInput | null);
  'carryoverEvents'?: (_HistoryEventInput)[];
  'failureDetails'?: (_TaskFailureDetailsInput | null);
  'tags'?: ({[key: string]: string});
}

export interface CompleteOrchestrationAction {
  'orchestrationStatus': (_OrchestrationStatus);
  'result': (_google_protobuf_StringValue | null);
  'details': (_google_protobuf_StringValue | null);
  'newVersion': (_google_protobuf_StringValue | null);
  'carryoverEvents': (_HistoryEvent)[];
  'failureDetails': (_TaskFailureDetails | null);
  'tags': ({[key: string]: string});
}
