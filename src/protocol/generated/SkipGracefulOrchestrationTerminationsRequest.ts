// Original file: protos/orchestrator_service.proto

import type { InstanceBatchInput as _InstanceBatchInput, InstanceBatch as _InstanceBatch } from './InstanceBatch.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';

export interface SkipGracefulOrchestrationTerminationsRequestInput {
  'instanceBatch'?: (_InstanceBatchInput | null);
  'reason'?: (_google_protobuf_StringValueInput | null);
}

export interface SkipGracefulOrchestrationTerminationsRequest {
  'instanceBatch': (_InstanceBatch | null);
  'reason': (_google_protobuf_StringValue | null);
}
