// Original file: protos/orchestrator_service.proto

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';

export interface TimerCreatedEventInput {
  'fireAt'?: (_google_protobuf_TimestampInput | null);
}

export interface TimerCreatedEvent {
  'fireAt': (_google_protobuf_Timestamp | null);
}
