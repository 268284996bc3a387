// Original file: protos/orchestrator_service.proto


export interface RestartInstanceResponseInput {
  'instanceId'?: (string);
}

export interface RestartInstanceResponse {
  'instanceId': (string);
}
