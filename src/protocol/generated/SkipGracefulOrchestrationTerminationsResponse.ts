// Original file: protos/orchestrator_service.proto


export interface SkipGracefulOrchestrationTerminationsResponseInput {
  'unterminatedInstanceIds'?: (string)[];
}

export interface SkipGracefulOrchestrationTerminationsResponse {
  'unterminatedInstanceIds': (string)[];
}
