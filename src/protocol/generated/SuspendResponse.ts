// Original file: protos/orchestrator_service.proto


export interface SuspendResponseInput {
}

export interface SuspendResponse {
}
