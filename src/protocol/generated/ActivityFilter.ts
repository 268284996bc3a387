// Original file: protos/orchestrator_service.proto


export interface ActivityFilterInput {
  'name'?: (string);
  'versions'?: (string)[];
}

export interface ActivityFilter {
  'name': (string);
  'versions': (string)[];
}
