// Original file: protos/orchestrator_service.proto

import type { OrchestrationFilterInput as _OrchestrationFilterInput, OrchestrationFilter as _OrchestrationFilter } from './OrchestrationFilter.ts';
import type { ActivityFilterInput as _ActivityFilterInput, ActivityFilter as _ActivityFilter } from './ActivityFilter.ts';
import type { EntityFilterInput as _EntityFilterInput, EntityFilter as _EntityFilter } from './EntityFilter.ts';

export interface WorkItemFiltersInput {
  'orchestrations'?: (_OrchestrationFilterInput)[];
  'activities'?: (_ActivityFilterInput)[];
  'entities'?: (_EntityFilterInput)[];
}

export interface WorkItemFilters {
  'orchestrations': (_OrchestrationFilter)[];
  'activities': (_ActivityFilter)[];
  'entities': (_EntityFilter)[];
}
