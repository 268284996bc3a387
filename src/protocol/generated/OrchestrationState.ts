// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';

export interface OrchestrationStateInput {
  'instanceId'?: (string);
  'name'?: (string);
  'version'?: (_google_protobuf_StringValueInput | null);
  'orchestrationStatus'?: (_OrchestrationStatusInput);
  'scheduledStartTimestamp'?: (_google_protobuf_TimestampInput | null);
  'createdTimestamp'?: (_google_protobuf_TimestampInput | null);
  'lastUpdatedTimestamp'?: (_google_protobuf_TimestampInput | null);
  'input'?: (_google_protobuf_StringValueInput | null);
  'output'?: (_google_protobuf_StringValueInput | null);
  'customStatus'?: (_google_protobuf_StringValueInput | null);
  'failureDetails'?: (_TaskFailureDetailsInput | null);
  'executionId'?: (_google_protobuf_StringValueInput | null);
  'completedTimestamp'?: (_google_protobuf_TimestampInput | null);
  'parentInstanceId'?: (_google_protobuf_StringValueInput | null);
  'tags'?: ({[key: string]: string});
}

export interface OrchestrationState {
  'instanceId': (string);
  'name': (string);
  'version': (_google_protobuf_StringValue | null);
  'orchestrationStatus': (_OrchestrationStatus);
  'scheduledStartTimestamp': (_google_protobuf_Timestamp | null);
  'createdTimestamp': (_google_protobuf_Timestamp | null);
  'lastUpdatedTimestamp': (_google_protobuf_Timestamp | null);
  'input': (_google_protobuf_StringValue | null);
  'output': (_google_protobuf_StringValue | null);
  'customStatus': (_google_protobuf_StringValue | null);
  'failureDetails': (_TaskFailureDetails | null);
  'executionId': (_google_protobuf_StringValue | null);
  'completedTimestamp': (_google_protobuf_Timestamp | null);
  'parentInstanceId': (_google_protobuf_StringValue | null);
  'tags': ({[key: string]: string});
}
