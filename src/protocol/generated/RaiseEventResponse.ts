// Original file: protos/orchestrator_service.proto


export interface RaiseEventResponseInput {
}

export interface RaiseEventResponse {
}
