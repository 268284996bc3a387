// Original file: protos/orchestrator_service.proto


export interface CreateTaskHubRequestInput {
  'recreateIfExists'?: (boolean);
}

export interface CreateTaskHubRequest {
  'recreateIfExists': (boolean);
}
