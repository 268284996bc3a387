// Original file: protos/orchestrator_service.proto


export interface HealthPingInput {
}

export interface HealthPing {
}
