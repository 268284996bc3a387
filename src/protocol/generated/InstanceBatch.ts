// Original file: protos/orchestrator_service.proto


export interface InstanceBatchInput {
  'instanceIds'?: (string)[];
}

export interface InstanceBatch {
  'instanceIds': (string)[];
}
