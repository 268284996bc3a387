// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface ExecutionTerminatedEventInput {
  'input'?: (_google_protobuf_StringValueInput | null);
  'recurse'?: (boolean);
}

export interface ExecutionTerminatedEvent {
  'input': (_google_protobuf_StringValue | null);
  'recurse': (boolean);
}
