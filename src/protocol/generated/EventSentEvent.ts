// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface EventSentEventInput {
  'instanceId'?: (string);
  'name'?: (string);
  'input'?: (_google_protobuf_StringValueInput | null);
}

export interface EventSentEvent {
  'instanceId': (string);
  'name': (string);
  'input': (_google_protobuf_StringValue | null);
}
