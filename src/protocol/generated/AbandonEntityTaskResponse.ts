// Original file: protos/orchestrator_service.proto


export interface AbandonEntityTaskResponseInput {
}

export interface AbandonEntityTaskResponse {
}
