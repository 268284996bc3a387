// Original file: protos/orchestrator_service.proto

import type { OperationResultSuccessInput as _OperationResultSuccessInput, OperationResultSuccess as _OperationResultSuccess } from './OperationResultSuccess.ts';
import type { OperationResultFailureInput as _OperationResultFailureInput, OperationResultFailure as _OperationResultFailure } from './OperationResultFailure.ts';

export interface OperationResultInput {
  'success'?: (_OperationResultSuccessInput | null);
  'failure'?: (_OperationResultFailureInput | null);
  'resultType'?: "success"|"failure";
}

export interface OperationResult {
  'success'?: (_OperationResultSuccess | null);
  'failure'?: (_OperationResultFailure | null);
  'resultType'?: "success"|"failure";
}
