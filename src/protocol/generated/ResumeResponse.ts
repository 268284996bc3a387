// Original file: protos/orchestrator_service.proto


export interface ResumeResponseInput {
}

export interface ResumeResponse {
}
