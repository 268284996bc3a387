// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';

export interface ActivityResponseInput {
  'instanceId'?: (string);
  'taskId'?: (number);
  'result'?: (_google_protobuf_StringValueInput | null);
  'failureDetails'?: (_TaskFailureDetailsInput | null);
  'completionToken'?: (string);
}

export interface ActivityResponse {
  'instanceId': (string);
  'taskId': (number);
  'result': (_google_protobuf_StringValue | null);
  'failureDetails': (_TaskFailureDetails | null);
  'completionToken': (string);
}
