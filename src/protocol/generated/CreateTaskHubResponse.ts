// Original file: protos/orchestrator_service.proto


export interface CreateTaskHubResponseInput {
}

export interface CreateTaskHubResponse {
}
