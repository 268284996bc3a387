// Original file: protos/orchestrator_service.proto


export interface SignalEntityResponseInput {
}

export interface SignalEntityResponse {
}
