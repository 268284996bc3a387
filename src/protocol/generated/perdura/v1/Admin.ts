// Original file: protos/perdura/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetTaskHubQuotasRequestInput as _perdura_v1_GetTaskHubQuotasRequestInput, GetTaskHubQuotasRequest as _perdura_v1_GetTaskHubQuotasRequest } from '../../perdura/v1/GetTaskHubQuotasRequest.ts';
import type { GetTaskHubQuotasResponseInput as _perdura_v1_GetTaskHubQuotasResponseInput, GetTaskHubQuotasResponse as _perdura_v1_GetTaskHubQuotasResponse } from '../../perdura/v1/GetTaskHubQuotasResponse.ts';
import type { ListTaskHubsRequestInput as _perdura_v1_ListTaskHubsRequestInput, ListTaskHubsRequest as _perdura_v1_ListTaskHubsRequest } from '../../perdura/v1/ListTaskHubsRequest.ts';
import type { ListTaskHubsResponseInput as _perdura_v1_ListTaskHubsResponseInput, ListTaskHubsResponse as _perdura_v1_ListTaskHubsResponse } from '../../perdura/v1/ListTaskHubsResponse.ts';
import type { PlaceTaskHubRequestInput as _perdura_v1_PlaceTaskHubRequestInput, PlaceTaskHubRequest as _perdura_v1_PlaceTaskHubRequest } from '../../perdura/v1/PlaceTaskHubRequest.ts';
import type { PlaceTaskHubResponseInput as _perdura_v1_PlaceTaskHubResponseInput, PlaceTaskHubResponse as _perdura_v1_PlaceTaskHubResponse } from '../../perdura/v1/PlaceTaskHubResponse.ts';
import type { SetTaskHubQuotasRequestInput as _perdura_v1_SetTaskHubQuotasRequestInput, SetTaskHubQuotasRequest as _perdura_v1_SetTaskHubQuotasRequest } from '../../perdura/v1/SetTaskHubQuotasRequest.ts';
import type { SetTaskHubQuotasResponseInput as _perdura_v1_SetTaskHubQuotasResponseInput, SetTaskHubQuotasResponse as _perdura_v1_SetTaskHubQuotasResponse } from '../../perdura/v1/SetTaskHubQuotasResponse.ts';

export interface AdminClient extends grpc.Client {
  GetTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  GetTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  GetTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  GetTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  getTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  getTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  getTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  getTaskHubQuotas(argument: _perdura_v1_GetTaskHubQuotasRequestInput, callback: grpc.requestCallback<_perdura_v1_GetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  
  ListTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  ListTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  ListTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  ListTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  listTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  listTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  listTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  listTaskHubs(argument: _perdura_v1_ListTaskHubsRequestInput, callback: grpc.requestCallback<_perdura_v1_ListTaskHubsResponse>): grpc.ClientUnaryCall;
  
  PlaceTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  PlaceTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  PlaceTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  PlaceTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  placeTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  placeTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  placeTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  placeTaskHub(argument: _perdura_v1_PlaceTaskHubRequestInput, callback: grpc.requestCallback<_perdura_v1_PlaceTaskHubResponse>): grpc.ClientUnaryCall;
  
  SetTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  SetTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  SetTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  SetTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  setTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  setTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  setTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  setTaskHubQuotas(argument: _perdura_v1_SetTaskHubQuotasRequestInput, callback: grpc.requestCallback<_perdura_v1_SetTaskHubQuotasResponse>): grpc.ClientUnaryCall;
  
}

export interface AdminHandlers extends grpc.UntypedServiceImplementation {
  GetTaskHubQuotas: grpc.handleUnaryCall<_perdura_v1_GetTaskHubQuotasRequest, _perdura_v1_GetTaskHubQuotasResponseInput>;
  
  ListTaskHubs: grpc.handleUnaryCall<_perdura_v1_ListTaskHubsRequest, _perdura_v1_ListTaskHubsResponseInput>;
  
  PlaceTaskHub: grpc.handleUnaryCall<_perdura_v1_PlaceTaskHubRequest, _perdura_v1_PlaceTaskHubResponseInput>;
  
  SetTaskHubQuotas: grpc.handleUnaryCall<_perdura_v1_SetTaskHubQuotasRequest, _perdura_v1_SetTaskHubQuotasResponseInput>;
  
}

export interface AdminDefinition extends grpc.ServiceDefinition {
  GetTaskHubQuotas: MethodDefinition<_perdura_v1_GetTaskHubQuotasRequestInput, _perdura_v1_GetTaskHubQuotasResponseInput, _perdura_v1_GetTaskHubQuotasRequest, _perdura_v1_GetTaskHubQuotasResponse>
  ListTaskHubs: MethodDefinition<_perdura_v1_ListTaskHubsRequestInput, _perdura_v1_ListTaskHubsResponseInput, _perdura_v1_ListTaskHubsRequest, _perdura_v1_ListTaskHubsResponse>
  PlaceTaskHub: MethodDefinition<_perdura_v1_PlaceTaskHubRequestInput, _perdura_v1_PlaceTaskHubResponseInput, _perdura_v1_PlaceTaskHubRequest, _perdura_v1_PlaceTaskHubResponse>
  SetTaskHubQuotas: MethodDefinition<_perdura_v1_SetTaskHubQuotasRequestInput, _perdura_v1_SetTaskHubQuotasResponseInput, _perdura_v1_SetTaskHubQuotasRequest, _perdura_v1_SetTaskHubQuotasResponse>
}
