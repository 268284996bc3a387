// Original file: protos/orchestrator_service.proto


export interface CreateInstanceResponseInput {
  'instanceId'?: (string);
}

export interface CreateInstanceResponse {
  'instanceId': (string);
}
