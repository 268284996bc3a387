// Original file: protos/orchestrator_service.proto


export interface DeleteTaskHubResponseInput {
}

export interface DeleteTaskHubResponse {
}
