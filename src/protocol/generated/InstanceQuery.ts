// Original file: protos/orchestrator_service.proto

import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface InstanceQueryInput {
  'runtimeStatus'?: (_OrchestrationStatusInput)[];
  'createdTimeFrom'?: (_google_protobuf_TimestampInput | null);
  'createdTimeTo'?: (_google_protobuf_TimestampInput | null);
  'taskHubNames'?: (_google_protobuf_StringValueInput)[];
  'maxInstanceCount'?: (number);
  'continuationToken'?: (_google_protobuf_StringValueInput | null);
  'instanceIdPrefix'?: (_google_protobuf_StringValueInput | null);
  'fetchInputsAndOutputs'?: (boolean);
}

export interface InstanceQuery {
  'runtimeStatus': (_OrchestrationStatus)[];
  'createdTimeFrom': (_google_protobuf_Timestamp | null);
  'createdTimeTo': (_google_protobuf_Timestamp | null);
  'taskHubNames': (_google_protobuf_StringValue)[];
  'maxInstanceCount': (number);
  'continuationToken': (_google_protobuf_StringValue | null);
  'instanceIdPrefix': (_google_protobuf_StringValue | null);
  'fetchInputsAndOutputs': (boolean);
}
