import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { AdminClient as _perdura_v1_AdminClient, AdminDefinition as _perdura_v1_AdminDefinition } from './perdura/v1/Admin.ts';
import type { ListTaskHubsRequestInput as _perdura_v1_ListTaskHubsRequestInput, ListTaskHubsRequest as _perdura_v1_ListTaskHubsRequest } from './perdura/v1/ListTaskHubsRequest.ts';
import type { ListTaskHubsResponseInput as _perdura_v1_ListTaskHubsResponseInput, ListTaskHubsResponse as _perdura_v1_ListTaskHubsResponse } from './perdura/v1/ListTaskHubsResponse.ts';
import type { PlaceTaskHubRequestInput as _perdura_v1_PlaceTaskHubRequestInput, PlaceTaskHubRequest as _perdura_v1_PlaceTaskHubRequest } from './perdura/v1/PlaceTaskHubRequest.ts';
import type { PlaceTaskHubResponseInput as _perdura_v1_PlaceTaskHubResponseInput, PlaceTaskHubResponse as _perdura_v1_PlaceTaskHubResponse } from './perdura/v1/PlaceTaskHubResponse.ts';
import type { StoreInput as _perdura_v1_StoreInput, Store as _perdura_v1_Store } from './perdura/v1/Store.ts';
import type { TaskHubInput as _perdura_v1_TaskHubInput, TaskHub as _perdura_v1_TaskHub } from './perdura/v1/TaskHub.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_TimestampInput, _google_protobuf_Timestamp>
    }
  }
  perdura: {
    v1: {
      Admin: SubtypeConstructor<typeof grpc.Client, _perdura_v1_AdminClient> & { service: _perdura_v1_AdminDefinition }
      ListTaskHubsRequest: MessageTypeDefinition<_perdura_v1_ListTaskHubsRequestInput, _perdura_v1_ListTaskHubsRequest>
      ListTaskHubsResponse: MessageTypeDefinition<_perdura_v1_ListTaskHubsResponseInput, _perdura_v1_ListTaskHubsResponse>
      PlaceTaskHubRequest: MessageTypeDefinition<_perdura_v1_PlaceTaskHubRequestInput, _perdura_v1_PlaceTaskHubRequest>
      PlaceTaskHubResponse: MessageTypeDefinition<_perdura_v1_PlaceTaskHubResponseInput, _perdura_v1_PlaceTaskHubResponse>
      Store: MessageTypeDefinition<_perdura_v1_StoreInput, _perdura_v1_Store>
      TaskHub: MessageTypeDefinition<_perdura_v1_TaskHubInput, _perdura_v1_TaskHub>
    }
  }
}

