// Original file: protos/orchestrator_service.proto


export interface GetInstanceRequestInput {
  'instanceId'?: (string);
  'getInputsAndOutputs'?: (boolean);
}

export interface GetInstanceRequest {
  'instanceId': (string);
  'getInputsAndOutputs': (boolean);
}
