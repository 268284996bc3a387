// Original file: protos/orchestrator_service.proto


export interface DeleteTaskHubRequestInput {
}

export interface DeleteTaskHubRequest {
}
