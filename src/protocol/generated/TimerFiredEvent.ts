// Original file: protos/orchestrator_service.proto

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';

export interface TimerFiredEventInput {
  'fireAt'?: (_google_protobuf_TimestampInput | null);
  'timerId'?: (number);
}

export interface TimerFiredEvent {
  'fireAt': (_google_protobuf_Timestamp | null);
  'timerId': (number);
}
