// Original file: protos/orchestrator_service.proto


export interface RewindInstanceResponseInput {
}

export interface RewindInstanceResponse {
}
