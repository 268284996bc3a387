// Original file: protos/orchestrator_service.proto

import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { OperationRequestInput as _OperationRequestInput, OperationRequest as _OperationRequest } from './OperationRequest.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';

export interface EntityBatchRequestInput {
  'instanceId'?: (string);
  'entityState'?: (_google_protobuf_StringValueInput | null);
  'operations'?: (_OperationRequestInput)[];
  'properties'?: ({[key: string]: _google_protobuf_ValueInput});
}

export interface EntityBatchRequest {
  'instanceId': (string);
  'entityState': (_google_protobuf_StringValue | null);
  'operations': (_OperationRequest)[];
  'properties': ({[key: string]: _google_protobuf_Value});
}
