// Original file: protos/orchestrator_service.proto

import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface ListInstanceIdsRequestInput {
  'runtimeStatus'?: (_OrchestrationStatusInput)[];
  'completedTimeFrom'?: (_google_protobuf_TimestampInput | null);
  'completedTimeTo'?: (_google_protobuf_TimestampInput | null);
  'pageSize'?: (number);
  'lastInstanceKey'?: (_google_protobuf_StringValueInput | null);
}

export interface ListInstanceIdsRequest {
  'runtimeStatus': (_OrchestrationStatus)[];
  'completedTimeFrom': (_google_protobuf_Timestamp | null);
  'completedTimeTo': (_google_protobuf_Timestamp | null);
  'pageSize': (number);
  'lastInstanceKey': (_google_protobuf_StringValue | null);
}
