// Original file: protos/perdura/v1/admin.proto

import type { TaskHubInput as _perdura_v1_TaskHubInput, TaskHub as _perdura_v1_TaskHub } from '../../perdura/v1/TaskHub.ts';

export interface ListTaskHubsResponseInput {
  'taskHubs'?: (_perdura_v1_TaskHubInput)[];
}

export interface ListTaskHubsResponse {
  'taskHubs': (_perdura_v1_TaskHub)[];
}
