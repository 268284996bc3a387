import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { BoolValueInput as _google_protobuf_BoolValueInput, BoolValue as _google_protobuf_BoolValue } from './google/protobuf/BoolValue.ts';
import type { BytesValueInput as _google_protobuf_BytesValueInput, BytesValue as _google_protobuf_BytesValue } from './google/protobuf/BytesValue.ts';
import type { DoubleValueInput as _google_protobuf_DoubleValueInput, DoubleValue as _google_protobuf_DoubleValue } from './google/protobuf/DoubleValue.ts';
import type { FloatValueInput as _google_protobuf_FloatValueInput, FloatValue as _google_protobuf_FloatValue } from './google/protobuf/FloatValue.ts';
import type { Int32ValueInput as _google_protobuf_Int32ValueInput, Int32Value as _google_protobuf_Int32Value } from './google/protobuf/Int32Value.ts';
import type { Int64ValueInput as _google_protobuf_Int64ValueInput, Int64Value as _google_protobuf_Int64Value } from './google/protobuf/Int64Value.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { UInt32ValueInput as _google_protobuf_UInt32ValueInput, UInt32Value as _google_protobuf_UInt32Value } from './google/protobuf/UInt32Value.ts';
import type { UInt64ValueInput as _google_protobuf_UInt64ValueInput, UInt64Value as _google_protobuf_UInt64Value } from './google/protobuf/UInt64Value.ts';
import type { AdminClient as _perdura_v1_AdminClient, AdminDefinition as _perdura_v1_AdminDefinition } from './perdura/v1/Admin.ts';
import type { GetTaskHubQuotasRequestInput as _perdura_v1_GetTaskHubQuotasRequestInput, GetTaskHubQuotasRequest as _perdura_v1_GetTaskHubQuotasRequest } from './perdura/v1/GetTaskHubQuotasRequest.ts';
import type { GetTaskHubQuotasResponseInput as _perdura_v1_GetTaskHubQuotasResponseInput, GetTaskHubQuotasResponse as _perdura_v1_GetTaskHubQuotasResponse } from './perdura/v1/GetTaskHubQuotasResponse.ts';
import type { ListTaskHubsRequestInput as _perdura_v1_ListTaskHubsRequestInput, ListTaskHubsRequest as _perdura_v1_ListTaskHubsRequest } from './perdura/v1/ListTaskHubsRequest.ts';
import type { ListTaskHubsResponseInput as _perdura_v1_ListTaskHubsResponseInput, ListTaskHubsResponse as _perdura_v1_ListTaskHubsResponse } from './perdura/v1/ListTaskHubsResponse.ts';
import type { PlaceTaskHubRequestInput as _perdura_v1_PlaceTaskHubRequestInput, PlaceTaskHubRequest as _perdura_v1_PlaceTaskHubRequest } from './perdura/v1/PlaceTaskHubRequest.ts';
import type { PlaceTaskHubResponseInput as _perdura_v1_PlaceTaskHubResponseInput, PlaceTaskHubResponse as _perdura_v1_PlaceTaskHubResponse } from './perdura/v1/PlaceTaskHubResponse.ts';
import type { QuotaChangeInput as _perdura_v1_QuotaChangeInput, QuotaChange as _perdura_v1_QuotaChange } from './perdura/v1/QuotaChange.ts';
import type { SetTaskHubQuotasRequestInput as _perdura_v1_SetTaskHubQuotasRequestInput, SetTaskHubQuotasRequest as _perdura_v1_SetTaskHubQuotasRequest } from './perdura/v1/SetTaskHubQuotasRequest.ts';
import type { SetTaskHubQuotasResponseInput as _perdura_v1_SetTaskHubQuotasResponseInput, SetTaskHubQuotasResponse as _perdura_v1_SetTaskHubQuotasResponse } from './perdura/v1/SetTaskHubQuotasResponse.ts';
import type { StoreInput as _perdura_v1_StoreInput, Store as _perdura_v1_Store } from './perdura/v1/Store.ts';
import type { TaskHubInput as _perdura_v1_TaskHubInput, TaskHub as _perdura_v1_TaskHub } from './perdura/v1/TaskHub.ts';
import type { TaskHubQuotaInput as _perdura_v1_TaskHubQuotaInput, TaskHubQuota as _perdura_v1_TaskHubQuota } from './perdura/v1/TaskHubQuota.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      BoolValue: MessageTypeDefinition<_google_protobuf_BoolValueInput, _google_protobuf_BoolValue>
      BytesValue: MessageTypeDefinition<_google_protobuf_BytesValueInput, _google_protobuf_BytesValue>
      DoubleValue: MessageTypeDefinition<_google_protobuf_DoubleValueInput, _google_protobuf_DoubleValue>
      FloatValue: MessageTypeDefinition<_google_protobuf_FloatValueInput, _google_protobuf_FloatValue>
      Int32Value: MessageTypeDefinition<_google_protobuf_Int32ValueInput, _google_protobuf_Int32Value>
      Int64Value: MessageTypeDefinition<_google_protobuf_Int64ValueInput, _google_protobuf_Int64Value>
      StringValue: MessageTypeDefinition<_google_protobuf_StringValueInput, _google_protobuf_StringValue>
      Timestamp: MessageTypeDefinition<_google_protobuf_TimestampInput, _google_protobuf_Timestamp>
      UInt32Value: MessageTypeDefinition<_google_protobuf_UInt32ValueInput, _google_protobuf_UInt32Value>
      UInt64Value: MessageTypeDefinition<_google_protobuf_UInt64ValueInput, _google_protobuf_UInt64Value>
    }
  }
  perdura: {
    v1: {
      Admin: SubtypeConstructor<typeof grpc.Client, _perdura_v1_AdminClient> & { service: _perdura_v1_AdminDefinition }
      GetTaskHubQuotasRequest: MessageTypeDefinition<_perdura_v1_GetTaskHubQuotasRequestInput, _perdura_v1_GetTaskHubQuotasRequest>
      GetTaskHubQuotasResponse: MessageTypeDefinition<_perdura_v1_GetTaskHubQuotasResponseInput, _perdura_v1_GetTaskHubQuotasResponse>
      ListTaskHubsRequest: MessageTypeDefinition<_perdura_v1_ListTaskHubsRequestInput, _perdura_v1_ListTaskHubsRequest>
      ListTaskHubsResponse: MessageTypeDefinition<_perdura_v1_ListTaskHubsResponseInput, _perdura_v1_ListTaskHubsResponse>
      PlaceTaskHubRequest: MessageTypeDefinition<_perdura_v1_PlaceTaskHubRequestInput, _perdura_v1_PlaceTaskHubRequest>
      PlaceTaskHubResponse: MessageTypeDefinition<_perdura_v1_PlaceTaskHubResponseInput, _perdura_v1_PlaceTaskHubResponse>
      QuotaChange: MessageTypeDefinition<_perdura_v1_QuotaChangeInput, _perdura_v1_QuotaChange>
      SetTaskHubQuotasRequest: MessageTypeDefinition<_perdura_v1_SetTaskHubQuotasRequestInput, _perdura_v1_SetTaskHubQuotasRequest>
      SetTaskHubQuotasResponse: MessageTypeDefinition<_perdura_v1_SetTaskHubQuotasResponseInput, _perdura_v1_SetTaskHubQuotasResponse>
      Store: MessageTypeDefinition<_perdura_v1_StoreInput, _perdura_v1_Store>
      TaskHub: MessageTypeDefinition<_perdura_v1_TaskHubInput, _perdura_v1_TaskHub>
      TaskHubQuota: MessageTypeDefinition<_perdura_v1_TaskHubQuotaInput, _perdura_v1_TaskHubQuota>
    }
  }
}

