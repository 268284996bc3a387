// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface EntityUnlockSentEventInput {
  'criticalSectionId'?: (string);
  'parentInstanceId'?: (_google_protobuf_StringValueInput | null);
  'targetInstanceId'?: (_google_protobuf_StringValueInput | null);
}

export interface EntityUnlockSentEvent {
  'criticalSectionId': (string);
  'parentInstanceId': (_google_protobuf_StringValue | null);
  'targetInstanceId': (_google_protobuf_StringValue | null);
}
