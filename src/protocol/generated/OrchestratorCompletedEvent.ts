// Original file: protos/orchestrator_service.proto


export interface OrchestratorCompletedEventInput {
}

export interface OrchestratorCompletedEvent {
}
