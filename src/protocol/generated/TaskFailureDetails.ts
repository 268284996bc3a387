// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';

export interface TaskFailureDetailsInput {
  'errorType'?: (string);
  'errorMessage'?: (string);
  'stackTrace'?: (_google_protobuf_StringValueInput | null);
  'innerFailure'?: (_TaskFailureDetailsInput | null);
  'isNonRetriable'?: (boolean);
  'properties'?: ({[key: string]: _google_protobuf_ValueInput});
}

export interface TaskFailureDetails {
  'errorType': (string);
  'errorMessage': (string);
  'stackTrace': (_google_protobuf_StringValue | null);
  'innerFailure': (_TaskFailureDetails | null);
  'isNonRetriable': (boolean);
  'properties': ({[key: string]: _google_protobuf_Value});
}
