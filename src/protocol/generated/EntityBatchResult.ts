// Original file: protos/orchestrator_service.proto

import type { OperationResultInput as _OperationResultInput, OperationResult as _OperationResult } from './OperationResult.ts';
import type { OperationActionInput as _OperationActionInput, OperationAction as _OperationAction } from './OperationAction.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';
import type { OperationInfoInput as _OperationInfoInput, OperationInfo as _OperationInfo } from './OperationInfo.ts';

export interface EntityBatchResultInput {
  'results'?: (_OperationResultInput)[];
  'actions'?: (_OperationActionInput)[];
  'entityState'?: (_google_protobuf_StringValueInput | null);
  'failureDetails'?: (_TaskFailureDetailsInput | null);
  'completionToken'?: (string);
  'operationInfos'?: (_OperationInfoInput)[];
  'requiresState'?: (boolean);
}

export interface EntityBatchResult {
  'results': (_OperationResult)[];
  'actions': (_OperationAction)[];
  'entityState': (_google_protobuf_StringValue | null);
  'failureDetails': (_TaskFailureDetails | null);
  'completionToken': (string);
  'operationInfos': (_OperationInfo)[];
  'requiresState': (boolean);
}
