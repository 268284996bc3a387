// Original file: protos/perdura/v1/admin.proto

import type { TaskHubQuotaInput as _perdura_v1_TaskHubQuotaInput, TaskHubQuota as _perdura_v1_TaskHubQuota } from '../../perdura/v1/TaskHubQuota.ts';

export interface GetTaskHubQuotasResponseInput {
  'quotas'?: (_perdura_v1_TaskHubQuotaInput)[];
}

export interface GetTaskHubQuotasResponse {
  'quotas': (_perdura_v1_TaskHubQuota)[];
}
