// Original file: protos/orchestrator_service.proto


export interface AbandonActivityTaskRequestInput {
  'completionToken'?: (string);
}

export interface AbandonActivityTaskRequest {
  'completionToken': (string);
}
