// Original file: protos/orchestrator_service.proto


export interface CompleteTaskResponseInput {
}

export interface CompleteTaskResponse {
}
