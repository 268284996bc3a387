// Original file: protos/orchestrator_service.proto


export interface AbandonActivityTaskResponseInput {
}

export interface AbandonActivityTaskResponse {
}
