// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface TerminateOrchestrationActionInput {
  'instanceId'?: (string);
  'reason'?: (_google_protobuf_StringValueInput | null);
  'recurse'?: (boolean);
}

export interface TerminateOrchestrationAction {
  'instanceId': (string);
  'reason': (_google_protobuf_StringValue | null);
  'recurse': (boolean);
}
