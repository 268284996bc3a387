// Original file: protos/perdura/v1/admin.proto

import type { TaskHubInput as _perdura_v1_TaskHubInput, TaskHub as _perdura_v1_TaskHub } from '../../perdura/v1/TaskHub.ts';
import type { StoreInput as _perdura_v1_StoreInput, Store as _perdura_v1_Store } from '../../perdura/v1/Store.ts';

export interface ListTaskHubsResponseInput {
  'taskHubs'?: (_perdura_v1_TaskHubInput)[];
  'stores'?: (_perdura_v1_StoreInput)[];
}

export interface ListTaskHubsResponse {
  'taskHubs': (_perdura_v1_TaskHub)[];
  'stores': (_perdura_v1_Store)[];
}
