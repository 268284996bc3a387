// Original file: protos/orchestrator_service.proto


export interface OrchestrationFilterInput {
  'name'?: (string);
  'versions'?: (string)[];
}

export interface OrchestrationFilter {
  'name': (string);
  'versions': (string)[];
}
