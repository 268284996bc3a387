// Original file: protos/orchestrator_service.proto


export interface AbandonOrchestrationTaskRequestInput {
  'completionToken'?: (string);
}

export interface AbandonOrchestrationTaskRequest {
  'completionToken': (string);
}
