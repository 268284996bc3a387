// Original file: protos/orchestrator_service.proto


export interface AbandonEntityTaskRequestInput {
  'completionToken'?: (string);
}

export interface AbandonEntityTaskRequest {
  'completionToken': (string);
}
