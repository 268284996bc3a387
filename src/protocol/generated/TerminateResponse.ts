// Original file: protos/orchestrator_service.proto


export interface TerminateResponseInput {
}

export interface TerminateResponse {
}
