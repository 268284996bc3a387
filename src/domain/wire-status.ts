import { type OrchestrationStatus } from '../protocol/messages.ts';
import { type InstanceStatus } from './instance.ts';

/** How the wire names the statuses. CONTINUED_AS_NEW and CANCELED are never shown (contract §3.1). */
export const wireStatuses = {
  running: 'ORCHESTRATION_STATUS_RUNNING',
  completed: 'ORCHESTRATION_STATUS_COMPLETED',
  failed: 'ORCHESTRATION_STATUS_FAILED',
  terminated: 'ORCHESTRATION_STATUS_TERMINATED',
  pending: 'ORCHESTRATION_STATUS_PENDING',
  suspended: 'ORCHESTRATION_STATUS_SUSPENDED',
} as const satisfies Record<InstanceStatus, OrchestrationStatus>;
