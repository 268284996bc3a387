// Original file: protos/orchestrator_service.proto

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { OrchestrationStatusInput as _OrchestrationStatusInput, OrchestrationStatus as _OrchestrationStatus } from './OrchestrationStatus.ts';
import type { DurationInput as _google_protobuf_DurationInput, Duration as _google_protobuf_Duration } from './google/protobuf/Duration.ts';

export interface PurgeInstanceFilterInput {
  'createdTimeFrom'?: (_google_protobuf_TimestampInput | null);
  'createdTimeTo'?: (_google_protobuf_TimestampInput | null);
  'runtimeStatus'?: (_OrchestrationStatusInput)[];
  'timeout'?: (_google_protobuf_DurationInput | null);
}

export interface PurgeInstanceFilter {
  'createdTimeFrom': (_google_protobuf_Timestamp | null);
  'createdTimeTo': (_google_protobuf_Timestamp | null);
  'runtimeStatus': (_OrchestrationStatus)[];
  'timeout': (_google_protobuf_Duration | null);
}
