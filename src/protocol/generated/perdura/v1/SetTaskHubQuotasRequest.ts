// Original file: protos/perdura/v1/admin.proto

import type { QuotaChangeInput as _perdura_v1_QuotaChangeInput, QuotaChange as _perdura_v1_QuotaChange } from '../../perdura/v1/QuotaChange.ts';

export interface SetTaskHubQuotasRequestInput {
  'quotas'?: (_perdura_v1_QuotaChangeInput)[];
}

export interface SetTaskHubQuotasRequest {
  'quotas': (_perdura_v1_QuotaChange)[];
}
