// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface ExecutionSuspendedEventInput {
  'input'?: (_google_protobuf_StringValueInput | null);
}

export interface ExecutionSuspendedEvent {
  'input': (_google_protobuf_StringValue | null);
}
