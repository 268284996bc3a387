// Original file: protos/orchestrator_service.proto


export interface RestartInstanceRequestInput {
  'instanceId'?: (string);
  'restartWithNewInstanceId'?: (boolean);
}

export interface RestartInstanceRequest {
  'instanceId': (string);
  'restartWithNewInstanceId': (boolean);
}
