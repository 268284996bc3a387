// Original file: protos/orchestrator_service.proto


export interface GetEntityRequestInput {
  'instanceId'?: (string);
  'includeState'?: (boolean);
}

export interface GetEntityRequest {
  'instanceId': (string);
  'includeState': (boolean);
}
