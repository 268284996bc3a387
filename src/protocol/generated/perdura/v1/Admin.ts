// Original file: protos/perdura/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListTaskHubsRequestInput as _perdura_v1_ListTaskHubsRequestInput, ListTaskHubsRequest as _perdura_v1_ListTaskHubsRequest } from '../../perdura/v1/ListTaskHubsRequest.ts';
import type { ListTaskHubsResponseInput as _perdura_v1_ListTaskHubsResponseInput, ListTaskHubsResponse as _perdura_v1_ListTaskHubsResponse } from '../../perdura/v1/ListTaskHubsResponse.ts';
import type { PlaceTaskHubRequestInput as _perdura_v1_PlaceTaskHubRequestInput, PlaceTaskHubRequest as _perdura_v1_PlaceTaskHubRequest } from '../../perdura/v1/PlaceTaskHubRequest.ts';
import type { PlaceTaskHubResponseInput as _perdura_v1_PlaceTaskHubResponseInput, PlaceTaskHubResponse as _perdura_v1_PlaceTaskHubResponse } from '../../perdura/v1/PlaceTaskHubResponse.ts';

export interface AdminClient extends grpc.Client {
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
  
}

export interface AdminHandlers extends grpc.UntypedServiceImplementation {
  ListTaskHubs: grpc.handleUnaryCall<_perdura_v1_ListTaskHubsRequest, _perdura_v1_ListTaskHubsResponseInput>;
  
  PlaceTaskHub: grpc.handleUnaryCall<_perdura_v1_PlaceTaskHubRequest, _perdura_v1_PlaceTaskHubResponseInput>;
  
}

export interface AdminDefinition extends grpc.ServiceDefinition {
  ListTaskHubs: MethodDefinition<_perdura_v1_ListTaskHubsRequestInput, _perdura_v1_ListTaskHubsResponseInput, _perdura_v1_ListTaskHubsRequest, _perdura_v1_ListTaskHubsResponse>
  PlaceTaskHub: MethodDefinition<_perdura_v1_PlaceTaskHubRequestInput, _perdura_v1_PlaceTaskHubResponseInput, _perdura_v1_PlaceTaskHubRequest, _perdura_v1_PlaceTaskHubResponse>
}
