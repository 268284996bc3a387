// Original file: protos/orchestrator_service.proto

import type { WorkerCapabilityInput as _WorkerCapabilityInput, WorkerCapability as _WorkerCapability } from './WorkerCapability.ts';
import type { WorkItemFiltersInput as _WorkItemFiltersInput, WorkItemFilters as _WorkItemFilters } from './WorkItemFilters.ts';

export interface GetWorkItemsRequestInput {
  'maxConcurrentOrchestrationWorkItems'?: (number);
  'maxConcurrentActivityWorkItems'?: (number);
  'maxConcurrentEntityWorkItems'?: (number);
  'capabilities'?: (_WorkerCapabilityInput)[];
  'workItemFilters'?: (_WorkItemFiltersInput | null);
}

export interface GetWorkItemsRequest {
  'maxConcurrentOrchestrationWorkItems': (number);
  'maxConcurrentActivityWorkItems': (number);
  'maxConcurrentEntityWorkItems': (number);
  'capabilities': (_WorkerCapability)[];
  'workItemFilters': (_WorkItemFilters | null);
}
