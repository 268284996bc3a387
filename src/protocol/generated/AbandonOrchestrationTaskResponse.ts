// Original file: protos/orchestrator_service.proto


export interface AbandonOrchestrationTaskResponseInput {
}

export interface AbandonOrchestrationTaskResponse {
}
