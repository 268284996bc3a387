// Original file: protos/orchestrator_service.proto


export interface EntityFilterInput {
  'name'?: (string);
}

export interface EntityFilter {
  'name': (string);
}
