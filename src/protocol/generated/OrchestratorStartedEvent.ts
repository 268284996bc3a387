// Original file: protos/orchestrator_service.proto


export interface OrchestratorStartedEventInput {
}

export interface OrchestratorStartedEvent {
}
