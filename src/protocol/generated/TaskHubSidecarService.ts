// Original file: protos/orchestrator_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AbandonActivityTaskRequestInput as _AbandonActivityTaskRequestInput, AbandonActivityTaskRequest as _AbandonActivityTaskRequest } from './AbandonActivityTaskRequest.ts';
import type { AbandonActivityTaskResponseInput as _AbandonActivityTaskResponseInput, AbandonActivityTaskResponse as _AbandonActivityTaskResponse } from './AbandonActivityTaskResponse.ts';
import type { AbandonEntityTaskRequestInput as _AbandonEntityTaskRequestInput, AbandonEntityTaskRequest as _AbandonEntityTaskRequest } from './AbandonEntityTaskRequest.ts';
import type { AbandonEntityTaskResponseInput as _AbandonEntityTaskResponseInput, AbandonEntityTaskResponse as _AbandonEntityTaskResponse } from './AbandonEntityTaskResponse.ts';
import type { AbandonOrchestrationTaskRequestInput as _AbandonOrchestrationTaskRequestInput, AbandonOrchestrationTaskRequest as _AbandonOrchestrationTaskRequest } from './AbandonOrchestrationTaskRequest.ts';
import type { AbandonOrchestrationTaskResponseInput as _AbandonOrchestrationTaskResponseInput, AbandonOrchestrationTaskResponse as _AbandonOrchestrationTaskResponse } from './AbandonOrchestrationTaskResponse.ts';
import type { ActivityResponseInput as _ActivityResponseInput, ActivityResponse as _ActivityResponse } from './ActivityResponse.ts';
import type { CleanEntityStorageRequestInput as _CleanEntityStorageRequestInput, CleanEntityStorageRequest as _CleanEntityStorageRequest } from './CleanEntityStorageRequest.ts';
import type { CleanEntityStorageResponseInput as _CleanEntityStorageResponseInput, CleanEntityStorageResponse as _CleanEntityStorageResponse } from './CleanEntityStorageResponse.ts';
import type { CompleteTaskResponseInput as _CompleteTaskResponseInput, CompleteTaskResponse as _CompleteTaskResponse } from './CompleteTaskResponse.ts';
import type { CreateInstanceRequestInput as _CreateInstanceRequestInput, CreateInstanceRequest as _CreateInstanceRequest } from './CreateInstanceRequest.ts';
import type { CreateInstanceResponseInput as _CreateInstanceResponseInput, CreateInstanceResponse as _CreateInstanceResponse } from './CreateInstanceResponse.ts';
import type { CreateTaskHubRequestInput as _CreateTaskHubRequestInput, CreateTaskHubRequest as _CreateTaskHubRequest } from './CreateTaskHubRequest.ts';
import type { CreateTaskHubResponseInput as _CreateTaskHubResponseInput, CreateTaskHubResponse as _CreateTaskHubResponse } from './CreateTaskHubResponse.ts';
import type { DeleteTaskHubRequestInput as _DeleteTaskHubRequestInput, DeleteTaskHubRequest as _DeleteTaskHubRequest } from './DeleteTaskHubRequest.ts';
import type { DeleteTaskHubResponseInput as _DeleteTaskHubResponseInput, DeleteTaskHubResponse as _DeleteTaskHubResponse } from './DeleteTaskHubResponse.ts';
import type { EmptyInput as _google_protobuf_EmptyInput, Empty as _google_protobuf_Empty } from './google/protobuf/Empty.ts';
import type { EntityBatchResultInput as _EntityBatchResultInput, EntityBatchResult as _EntityBatchResult } from './EntityBatchResult.ts';
import type { GetEntityRequestInput as _GetEntityRequestInput, GetEntityRequest as _GetEntityRequest } from './GetEntityRequest.ts';
import type { GetEntityResponseInput as _GetEntityResponseInput, GetEntityResponse as _GetEntityResponse } from './GetEntityResponse.ts';
import type { GetInstanceRequestInput as _GetInstanceRequestInput, GetInstanceRequest as _GetInstanceRequest } from './GetInstanceRequest.ts';
import type { GetInstanceResponseInput as _GetInstanceResponseInput, GetInstanceResponse as _GetInstanceResponse } from './GetInstanceResponse.ts';
import type { GetWorkItemsRequestInput as _GetWorkItemsRequestInput, GetWorkItemsRequest as _GetWorkItemsRequest } from './GetWorkItemsRequest.ts';
import type { HistoryChunkInput as _HistoryChunkInput, HistoryChunk as _HistoryChunk } from './HistoryChunk.ts';
import type { ListInstanceIdsRequestInput as _ListInstanceIdsRequestInput, ListInstanceIdsRequest as _ListInstanceIdsRequest } from './ListInstanceIdsRequest.ts';
import type { ListInstanceIdsResponseInput as _ListInstanceIdsResponseInput, ListInstanceIdsResponse as _ListInstanceIdsResponse } from './ListInstanceIdsResponse.ts';
import type { OrchestratorResponseInput as _OrchestratorResponseInput, OrchestratorResponse as _OrchestratorResponse } from './OrchestratorResponse.ts';
import type { PurgeInstancesRequestInput as _PurgeInstancesRequestInput, PurgeInstancesRequest as _PurgeInstancesRequest } from './PurgeInstancesRequest.ts';
import type { PurgeInstancesResponseInput as _PurgeInstancesResponseInput, PurgeInstancesResponse as _PurgeInstancesResponse } from './PurgeInstancesResponse.ts';
import type { QueryEntitiesRequestInput as _QueryEntitiesRequestInput, QueryEntitiesRequest as _QueryEntitiesRequest } from './QueryEntitiesRequest.ts';
import type { QueryEntitiesResponseInput as _QueryEntitiesResponseInput, QueryEntitiesResponse as _QueryEntitiesResponse } from './QueryEntitiesResponse.ts';
import type { QueryInstancesRequestInput as _QueryInstancesRequestInput, QueryInstancesRequest as _QueryInstancesRequest } from './QueryInstancesRequest.ts';
import type { QueryInstancesResponseInput as _QueryInstancesResponseInput, QueryInstancesResponse as _QueryInstancesResponse } from './QueryInstancesResponse.ts';
import type { RaiseEventRequestInput as _RaiseEventRequestInput, RaiseEventRequest as _RaiseEventRequest } from './RaiseEventRequest.ts';
import type { RaiseEventResponseInput as _RaiseEventResponseInput, RaiseEventResponse as _RaiseEventResponse } from './RaiseEventResponse.ts';
import type { RestartInstanceRequestInput as _RestartInstanceRequestInput, RestartInstanceRequest as _RestartInstanceRequest } from './RestartInstanceRequest.ts';
import type { RestartInstanceResponseInput as _RestartInstanceResponseInput, RestartInstanceResponse as _RestartInstanceResponse } from './RestartInstanceResponse.ts';
import type { ResumeRequestInput as _ResumeRequestInput, ResumeRequest as _ResumeRequest } from './ResumeRequest.ts';
import type { ResumeResponseInput as _ResumeResponseInput, ResumeResponse as _ResumeResponse } from './ResumeResponse.ts';
import type { RewindInstanceRequestInput as _RewindInstanceRequestInput, RewindInstanceRequest as _RewindInstanceRequest } from './RewindInstanceRequest.ts';
import type { RewindInstanceResponseInput as _RewindInstanceResponseInput, RewindInstanceResponse as _RewindInstanceResponse } from './RewindInstanceResponse.ts';
import type { SignalEntityRequestInput as _SignalEntityRequestInput, SignalEntityRequest as _SignalEntityRequest } from './SignalEntityRequest.ts';
import type { SignalEntityResponseInput as _SignalEntityResponseInput, SignalEntityResponse as _SignalEntityResponse } from './SignalEntityResponse.ts';
import type { SkipGracefulOrchestrationTerminationsRequestInput as _SkipGracefulOrchestrationTerminationsRequestInput, SkipGracefulOrchestrationTerminationsRequest as _SkipGracefulOrchestrationTerminationsRequest } from './SkipGracefulOrchestrationTerminationsRequest.ts';
import type { SkipGracefulOrchestrationTerminationsResponseInput as _SkipGracefulOrchestrationTerminationsResponseInput, SkipGracefulOrchestrationTerminationsResponse as _SkipGracefulOrchestrationTerminationsResponse } from './SkipGracefulOrchestrationTerminationsResponse.ts';
import type { StreamInstanceHistoryRequestInput as _StreamInstanceHistoryRequestInput, StreamInstanceHistoryRequest as _StreamInstanceHistoryRequest } from './StreamInstanceHistoryRequest.ts';
import type { SuspendRequestInput as _SuspendRequestInput, SuspendRequest as _SuspendRequest } from './SuspendRequest.ts';
import type { SuspendResponseInput as _SuspendResponseInput, SuspendResponse as _SuspendResponse } from './SuspendResponse.ts';
import type { TerminateRequestInput as _TerminateRequestInput, TerminateRequest as _TerminateRequest } from './TerminateRequest.ts';
import type { TerminateResponseInput as _TerminateResponseInput, TerminateResponse as _TerminateResponse } from './TerminateResponse.ts';
import type { WorkItemInput as _WorkItemInput, WorkItem as _WorkItem } from './WorkItem.ts';

export interface TaskHubSidecarServiceClient extends grpc.Client {
  AbandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskActivityWorkItem(argument: _AbandonActivityTaskRequestInput, callback: grpc.requestCallback<_AbandonActivityTaskResponse>): grpc.ClientUnaryCall;
  
  AbandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskEntityWorkItem(argument: _AbandonEntityTaskRequestInput, callback: grpc.requestCallback<_AbandonEntityTaskResponse>): grpc.ClientUnaryCall;
  
  AbandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  AbandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  abandonTaskOrchestratorWorkItem(argument: _AbandonOrchestrationTaskRequestInput, callback: grpc.requestCallback<_AbandonOrchestrationTaskResponse>): grpc.ClientUnaryCall;
  
  CleanEntityStorage(argument: _CleanEntityStorageRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  CleanEntityStorage(argument: _CleanEntityStorageRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  CleanEntityStorage(argument: _CleanEntityStorageRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  CleanEntityStorage(argument: _CleanEntityStorageRequestInput, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  cleanEntityStorage(argument: _CleanEntityStorageRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  cleanEntityStorage(argument: _CleanEntityStorageRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  cleanEntityStorage(argument: _CleanEntityStorageRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  cleanEntityStorage(argument: _CleanEntityStorageRequestInput, callback: grpc.requestCallback<_CleanEntityStorageResponse>): grpc.ClientUnaryCall;
  
  CompleteActivityTask(argument: _ActivityResponseInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteActivityTask(argument: _ActivityResponseInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteActivityTask(argument: _ActivityResponseInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteActivityTask(argument: _ActivityResponseInput, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeActivityTask(argument: _ActivityResponseInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeActivityTask(argument: _ActivityResponseInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeActivityTask(argument: _ActivityResponseInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeActivityTask(argument: _ActivityResponseInput, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  
  CompleteEntityTask(argument: _EntityBatchResultInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteEntityTask(argument: _EntityBatchResultInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteEntityTask(argument: _EntityBatchResultInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteEntityTask(argument: _EntityBatchResultInput, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeEntityTask(argument: _EntityBatchResultInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeEntityTask(argument: _EntityBatchResultInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeEntityTask(argument: _EntityBatchResultInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeEntityTask(argument: _EntityBatchResultInput, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  
  CompleteOrchestratorTask(argument: _OrchestratorResponseInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteOrchestratorTask(argument: _OrchestratorResponseInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteOrchestratorTask(argument: _OrchestratorResponseInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  CompleteOrchestratorTask(argument: _OrchestratorResponseInput, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeOrchestratorTask(argument: _OrchestratorResponseInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeOrchestratorTask(argument: _OrchestratorResponseInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeOrchestratorTask(argument: _OrchestratorResponseInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  completeOrchestratorTask(argument: _OrchestratorResponseInput, callback: grpc.requestCallback<_CompleteTaskResponse>): grpc.ClientUnaryCall;
  
  CreateTaskHub(argument: _CreateTaskHubRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  CreateTaskHub(argument: _CreateTaskHubRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  CreateTaskHub(argument: _CreateTaskHubRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  CreateTaskHub(argument: _CreateTaskHubRequestInput, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  createTaskHub(argument: _CreateTaskHubRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  createTaskHub(argument: _CreateTaskHubRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  createTaskHub(argument: _CreateTaskHubRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  createTaskHub(argument: _CreateTaskHubRequestInput, callback: grpc.requestCallback<_CreateTaskHubResponse>): grpc.ClientUnaryCall;
  
  DeleteTaskHub(argument: _DeleteTaskHubRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  DeleteTaskHub(argument: _DeleteTaskHubRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  DeleteTaskHub(argument: _DeleteTaskHubRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  DeleteTaskHub(argument: _DeleteTaskHubRequestInput, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  deleteTaskHub(argument: _DeleteTaskHubRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  deleteTaskHub(argument: _DeleteTaskHubRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  deleteTaskHub(argument: _DeleteTaskHubRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  deleteTaskHub(argument: _DeleteTaskHubRequestInput, callback: grpc.requestCallback<_DeleteTaskHubResponse>): grpc.ClientUnaryCall;
  
  GetEntity(argument: _GetEntityRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  GetEntity(argument: _GetEntityRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  GetEntity(argument: _GetEntityRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  GetEntity(argument: _GetEntityRequestInput, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  getEntity(argument: _GetEntityRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  getEntity(argument: _GetEntityRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  getEntity(argument: _GetEntityRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  getEntity(argument: _GetEntityRequestInput, callback: grpc.requestCallback<_GetEntityResponse>): grpc.ClientUnaryCall;
  
  GetInstance(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  GetInstance(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  GetInstance(argument: _GetInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  GetInstance(argument: _GetInstanceRequestInput, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  getInstance(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  getInstance(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  getInstance(argument: _GetInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  getInstance(argument: _GetInstanceRequestInput, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  
  GetWorkItems(argument: _GetWorkItemsRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_WorkItem>;
  GetWorkItems(argument: _GetWorkItemsRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_WorkItem>;
  getWorkItems(argument: _GetWorkItemsRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_WorkItem>;
  getWorkItems(argument: _GetWorkItemsRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_WorkItem>;
  
  Hello(argument: _google_protobuf_EmptyInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  Hello(argument: _google_protobuf_EmptyInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  Hello(argument: _google_protobuf_EmptyInput, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  Hello(argument: _google_protobuf_EmptyInput, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  hello(argument: _google_protobuf_EmptyInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  hello(argument: _google_protobuf_EmptyInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  hello(argument: _google_protobuf_EmptyInput, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  hello(argument: _google_protobuf_EmptyInput, callback: grpc.requestCallback<_google_protobuf_Empty>): grpc.ClientUnaryCall;
  
  ListInstanceIds(argument: _ListInstanceIdsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  ListInstanceIds(argument: _ListInstanceIdsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  ListInstanceIds(argument: _ListInstanceIdsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  ListInstanceIds(argument: _ListInstanceIdsRequestInput, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  listInstanceIds(argument: _ListInstanceIdsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  listInstanceIds(argument: _ListInstanceIdsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  listInstanceIds(argument: _ListInstanceIdsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  listInstanceIds(argument: _ListInstanceIdsRequestInput, callback: grpc.requestCallback<_ListInstanceIdsResponse>): grpc.ClientUnaryCall;
  
  PurgeInstances(argument: _PurgeInstancesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  PurgeInstances(argument: _PurgeInstancesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  PurgeInstances(argument: _PurgeInstancesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  PurgeInstances(argument: _PurgeInstancesRequestInput, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  purgeInstances(argument: _PurgeInstancesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  purgeInstances(argument: _PurgeInstancesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  purgeInstances(argument: _PurgeInstancesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  purgeInstances(argument: _PurgeInstancesRequestInput, callback: grpc.requestCallback<_PurgeInstancesResponse>): grpc.ClientUnaryCall;
  
  QueryEntities(argument: _QueryEntitiesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  QueryEntities(argument: _QueryEntitiesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  QueryEntities(argument: _QueryEntitiesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  QueryEntities(argument: _QueryEntitiesRequestInput, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  queryEntities(argument: _QueryEntitiesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  queryEntities(argument: _QueryEntitiesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  queryEntities(argument: _QueryEntitiesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  queryEntities(argument: _QueryEntitiesRequestInput, callback: grpc.requestCallback<_QueryEntitiesResponse>): grpc.ClientUnaryCall;
  
  QueryInstances(argument: _QueryInstancesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  QueryInstances(argument: _QueryInstancesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  QueryInstances(argument: _QueryInstancesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  QueryInstances(argument: _QueryInstancesRequestInput, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  queryInstances(argument: _QueryInstancesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  queryInstances(argument: _QueryInstancesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  queryInstances(argument: _QueryInstancesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  queryInstances(argument: _QueryInstancesRequestInput, callback: grpc.requestCallback<_QueryInstancesResponse>): grpc.ClientUnaryCall;
  
  RaiseEvent(argument: _RaiseEventRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  RaiseEvent(argument: _RaiseEventRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  RaiseEvent(argument: _RaiseEventRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  RaiseEvent(argument: _RaiseEventRequestInput, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  raiseEvent(argument: _RaiseEventRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  raiseEvent(argument: _RaiseEventRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  raiseEvent(argument: _RaiseEventRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  raiseEvent(argument: _RaiseEventRequestInput, callback: grpc.requestCallback<_RaiseEventResponse>): grpc.ClientUnaryCall;
  
  RestartInstance(argument: _RestartInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  RestartInstance(argument: _RestartInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  RestartInstance(argument: _RestartInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  RestartInstance(argument: _RestartInstanceRequestInput, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  restartInstance(argument: _RestartInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  restartInstance(argument: _RestartInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  restartInstance(argument: _RestartInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  restartInstance(argument: _RestartInstanceRequestInput, callback: grpc.requestCallback<_RestartInstanceResponse>): grpc.ClientUnaryCall;
  
  ResumeInstance(argument: _ResumeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  ResumeInstance(argument: _ResumeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  ResumeInstance(argument: _ResumeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  ResumeInstance(argument: _ResumeRequestInput, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  resumeInstance(argument: _ResumeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  resumeInstance(argument: _ResumeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  resumeInstance(argument: _ResumeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  resumeInstance(argument: _ResumeRequestInput, callback: grpc.requestCallback<_ResumeResponse>): grpc.ClientUnaryCall;
  
  RewindInstance(argument: _RewindInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  RewindInstance(argument: _RewindInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  RewindInstance(argument: _RewindInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  RewindInstance(argument: _RewindInstanceRequestInput, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  rewindInstance(argument: _RewindInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  rewindInstance(argument: _RewindInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  rewindInstance(argument: _RewindInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  rewindInstance(argument: _RewindInstanceRequestInput, callback: grpc.requestCallback<_RewindInstanceResponse>): grpc.ClientUnaryCall;
  
  SignalEntity(argument: _SignalEntityRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  SignalEntity(argument: _SignalEntityRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  SignalEntity(argument: _SignalEntityRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  SignalEntity(argument: _SignalEntityRequestInput, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  signalEntity(argument: _SignalEntityRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  signalEntity(argument: _SignalEntityRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  signalEntity(argument: _SignalEntityRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  signalEntity(argument: _SignalEntityRequestInput, callback: grpc.requestCallback<_SignalEntityResponse>): grpc.ClientUnaryCall;
  
  SkipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  SkipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  SkipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  SkipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  skipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  skipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  skipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  skipGracefulOrchestrationTerminations(argument: _SkipGracefulOrchestrationTerminationsRequestInput, callback: grpc.requestCallback<_SkipGracefulOrchestrationTerminationsResponse>): grpc.ClientUnaryCall;
  
  StartInstance(argument: _CreateInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  StartInstance(argument: _CreateInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  StartInstance(argument: _CreateInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  StartInstance(argument: _CreateInstanceRequestInput, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  startInstance(argument: _CreateInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  startInstance(argument: _CreateInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  startInstance(argument: _CreateInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  startInstance(argument: _CreateInstanceRequestInput, callback: grpc.requestCallback<_CreateInstanceResponse>): grpc.ClientUnaryCall;
  
  StreamInstanceHistory(argument: _StreamInstanceHistoryRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_HistoryChunk>;
  StreamInstanceHistory(argument: _StreamInstanceHistoryRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_HistoryChunk>;
  streamInstanceHistory(argument: _StreamInstanceHistoryRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_HistoryChunk>;
  streamInstanceHistory(argument: _StreamInstanceHistoryRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_HistoryChunk>;
  
  SuspendInstance(argument: _SuspendRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  SuspendInstance(argument: _SuspendRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  SuspendInstance(argument: _SuspendRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  SuspendInstance(argument: _SuspendRequestInput, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  suspendInstance(argument: _SuspendRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  suspendInstance(argument: _SuspendRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  suspendInstance(argument: _SuspendRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  suspendInstance(argument: _SuspendRequestInput, callback: grpc.requestCallback<_SuspendResponse>): grpc.ClientUnaryCall;
  
  TerminateInstance(argument: _TerminateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  TerminateInstance(argument: _TerminateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  TerminateInstance(argument: _TerminateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  TerminateInstance(argument: _TerminateRequestInput, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  terminateInstance(argument: _TerminateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  terminateInstance(argument: _TerminateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  terminateInstance(argument: _TerminateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  terminateInstance(argument: _TerminateRequestInput, callback: grpc.requestCallback<_TerminateResponse>): grpc.ClientUnaryCall;
  
  WaitForInstanceCompletion(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  WaitForInstanceCompletion(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  WaitForInstanceCompletion(argument: _GetInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  WaitForInstanceCompletion(argument: _GetInstanceRequestInput, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceCompletion(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceCompletion(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceCompletion(argument: _GetInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceCompletion(argument: _GetInstanceRequestInput, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  
  WaitForInstanceStart(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  WaitForInstanceStart(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  WaitForInstanceStart(argument: _GetInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  WaitForInstanceStart(argument: _GetInstanceRequestInput, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceStart(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceStart(argument: _GetInstanceRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceStart(argument: _GetInstanceRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  waitForInstanceStart(argument: _GetInstanceRequestInput, callback: grpc.requestCallback<_GetInstanceResponse>): grpc.ClientUnaryCall;
  
}

export interface TaskHubSidecarServiceHandlers extends grpc.UntypedServiceImplementation {
  AbandonTaskActivityWorkItem: grpc.handleUnaryCall<_AbandonActivityTaskRequest, _AbandonActivityTaskResponseInput>;
  
  AbandonTaskEntityWorkItem: grpc.handleUnaryCall<_AbandonEntityTaskRequest, _AbandonEntityTaskResponseInput>;
  
  AbandonTaskOrchestratorWorkItem: grpc.handleUnaryCall<_AbandonOrchestrationTaskRequest, _AbandonOrchestrationTaskResponseInput>;
  
  CleanEntityStorage: grpc.handleUnaryCall<_CleanEntityStorageRequest, _CleanEntityStorageResponseInput>;
  
  CompleteActivityTask: grpc.handleUnaryCall<_ActivityResponse, _CompleteTaskResponseInput>;
  
  CompleteEntityTask: grpc.handleUnaryCall<_EntityBatchResult, _CompleteTaskResponseInput>;
  
  CompleteOrchestratorTask: grpc.handleUnaryCall<_OrchestratorResponse, _CompleteTaskResponseInput>;
  
  CreateTaskHub: grpc.handleUnaryCall<_CreateTaskHubRequest, _CreateTaskHubResponseInput>;
  
  DeleteTaskHub: grpc.handleUnaryCall<_DeleteTaskHubRequest, _DeleteTaskHubResponseInput>;
  
  GetEntity: grpc.handleUnaryCall<_GetEntityRequest, _GetEntityResponseInput>;
  
  GetInstance: grpc.handleUnaryCall<_GetInstanceRequest, _GetInstanceResponseInput>;
  
  GetWorkItems: grpc.handleServerStreamingCall<_GetWorkItemsRequest, _WorkItemInput>;
  
  Hello: grpc.handleUnaryCall<_google_protobuf_Empty, _google_protobuf_EmptyInput>;
  
  ListInstanceIds: grpc.handleUnaryCall<_ListInstanceIdsRequest, _ListInstanceIdsResponseInput>;
  
  PurgeInstances: grpc.handleUnaryCall<_PurgeInstancesRequest, _PurgeInstancesResponseInput>;
  
  QueryEntities: grpc.handleUnaryCall<_QueryEntitiesRequest, _QueryEntitiesResponseInput>;
  
  QueryInstances: grpc.handleUnaryCall<_QueryInstancesRequest, _QueryInstancesResponseInput>;
  
  RaiseEvent: grpc.handleUnaryCall<_RaiseEventRequest, _RaiseEventResponseInput>;
  
  RestartInstance: grpc.handleUnaryCall<_RestartInstanceRequest, _RestartInstanceResponseInput>;
  
  ResumeInstance: grpc.handleUnaryCall<_ResumeRequest, _ResumeResponseInput>;
  
  RewindInstance: grpc.handleUnaryCall<_RewindInstanceRequest, _RewindInstanceResponseInput>;
  
  SignalEntity: grpc.handleUnaryCall<_SignalEntityRequest, _SignalEntityResponseInput>;
  
  SkipGracefulOrchestrationTerminations: grpc.handleUnaryCall<_SkipGracefulOrchestrationTerminationsRequest, _SkipGracefulOrchestrationTerminationsResponseInput>;
  
  StartInstance: grpc.handleUnaryCall<_CreateInstanceRequest, _CreateInstanceResponseInput>;
  
  StreamInstanceHistory: grpc.handleServerStreamingCall<_StreamInstanceHistoryRequest, _HistoryChunkInput>;
  
  SuspendInstance: grpc.handleUnaryCall<_SuspendRequest, _SuspendResponseInput>;
  
  TerminateInstance: grpc.handleUnaryCall<_TerminateRequest, _TerminateResponseInput>;
  
  WaitForInstanceCompletion: grpc.handleUnaryCall<_GetInstanceRequest, _GetInstanceResponseInput>;
  
  WaitForInstanceStart: grpc.handleUnaryCall<_GetInstanceRequest, _GetInstanceResponseInput>;
  
}

export interface TaskHubSidecarServiceDefinition extends grpc.ServiceDefinition {
  AbandonTaskActivityWorkItem: MethodDefinition<_AbandonActivityTaskRequestInput, _AbandonActivityTaskResponseInput, _AbandonActivityTaskRequest, _AbandonActivityTaskResponse>
  AbandonTaskEntityWorkItem: MethodDefinition<_AbandonEntityTaskRequestInput, _AbandonEntityTaskResponseInput, _AbandonEntityTaskRequest, _AbandonEntityTaskResponse>
  AbandonTaskOrchestratorWorkItem: MethodDefinition<_AbandonOrchestrationTaskRequestInput, _AbandonOrchestrationTaskResponseInput, _AbandonOrchestrationTaskRequest, _AbandonOrchestrationTaskResponse>
  CleanEntityStorage: MethodDefinition<_CleanEntityStorageRequestInput, _CleanEntityStorageResponseInput, _CleanEntityStorageRequest, _CleanEntityStorageResponse>
  CompleteActivityTask: MethodDefinition<_ActivityResponseInput, _CompleteTaskResponseInput, _ActivityResponse, _CompleteTaskResponse>
  CompleteEntityTask: MethodDefinition<_EntityBatchResultInput, _CompleteTaskResponseInput, _EntityBatchResult, _CompleteTaskResponse>
  CompleteOrchestratorTask: MethodDefinition<_OrchestratorResponseInput, _CompleteTaskResponseInput, _OrchestratorResponse, _CompleteTaskResponse>
  CreateTaskHub: MethodDefinition<_CreateTaskHubRequestInput, _CreateTaskHubResponseInput, _CreateTaskHubRequest, _CreateTaskHubResponse>
  DeleteTaskHub: MethodDefinition<_DeleteTaskHubRequestInput, _DeleteTaskHubResponseInput, _DeleteTaskHubRequest, _DeleteTaskHubResponse>
  GetEntity: MethodDefinition<_GetEntityRequestInput, _GetEntityResponseInput, _GetEntityRequest, _GetEntityResponse>
  GetInstance: MethodDefinition<_GetInstanceRequestInput, _GetInstanceResponseInput, _GetInstanceRequest, _GetInstanceResponse>
  GetWorkItems: MethodDefinition<_GetWorkItemsRequestInput, _WorkItemInput, _GetWorkItemsRequest, _WorkItem>
  Hello: MethodDefinition<_google_protobuf_EmptyInput, _google_protobuf_EmptyInput, _google_protobuf_Empty, _google_protobuf_Empty>
  ListInstanceIds: MethodDefinition<_ListInstanceIdsRequestInput, _ListInstanceIdsResponseInput, _ListInstanceIdsRequest, _ListInstanceIdsResponse>
  PurgeInstances: MethodDefinition<_PurgeInstancesRequestInput, _PurgeInstancesResponseInput, _PurgeInstancesRequest, _PurgeInstancesResponse>
  QueryEntities: MethodDefinition<_QueryEntitiesRequestInput, _QueryEntitiesResponseInput, _QueryEntitiesRequest, _QueryEntitiesResponse>
  QueryInstances: MethodDefinition<_QueryInstancesRequestInput, _QueryInstancesResponseInput, _QueryInstancesRequest, _QueryInstancesResponse>
  RaiseEvent: MethodDefinition<_RaiseEventRequestInput, _RaiseEventResponseInput, _RaiseEventRequest, _RaiseEventResponse>
  RestartInstance: MethodDefinition<_RestartInstanceRequestInput, _RestartInstanceResponseInput, _RestartInstanceRequest, _RestartInstanceResponse>
  ResumeInstance: MethodDefinition<_ResumeRequestInput, _ResumeResponseInput, _ResumeRequest, _ResumeResponse>
  RewindInstance: MethodDefinition<_RewindInstanceRequestInput, _RewindInstanceResponseInput, _RewindInstanceRequest, _RewindInstanceResponse>
  SignalEntity: MethodDefinition<_SignalEntityRequestInput, _SignalEntityResponseInput, _SignalEntityRequest, _SignalEntityResponse>
  SkipGracefulOrchestrationTerminations: MethodDefinition<_SkipGracefulOrchestrationTerminationsRequestInput, _SkipGracefulOrchestrationTerminationsResponseInput, _SkipGracefulOrchestrationTerminationsRequest, _SkipGracefulOrchestrationTerminationsResponse>
  StartInstance: MethodDefinition<_CreateInstanceRequestInput, _CreateInstanceResponseInput, _CreateInstanceRequest, _CreateInstanceResponse>
  StreamInstanceHistory: MethodDefinition<_StreamInstanceHistoryRequestInput, _HistoryChunkInput, _StreamInstanceHistoryRequest, _HistoryChunk>
  SuspendInstance: MethodDefinition<_SuspendRequestInput, _SuspendResponseInput, _SuspendRequest, _SuspendResponse>
  TerminateInstance: MethodDefinition<_TerminateRequestInput, _TerminateResponseInput, _TerminateRequest, _TerminateResponse>
  WaitForInstanceCompletion: MethodDefinition<_GetInstanceRequestInput, _GetInstanceResponseInput, _GetInstanceRequest, _GetInstanceResponse>
  WaitForInstanceStart: MethodDefinition<_GetInstanceRequestInput, _GetInstanceResponseInput, _GetInstanceRequest, _GetInstanceResponse>
}
