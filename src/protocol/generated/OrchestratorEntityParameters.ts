// Original file: protos/orchestrator_service.proto

import type { DurationInput as _google_protobuf_DurationInput, Duration as _google_protobuf_Duration } from './google/protobuf/Duration.ts';

export interface OrchestratorEntityParametersInput {
  'entityMessageReorderWindow'?: (_google_protobuf_DurationInput | null);
}

export interface OrchestratorEntityParameters {
  'entityMessageReorderWindow': (_google_protobuf_Duration | null);
}
