import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AbandonActivityTaskRequestInput as _AbandonActivityTaskRequestInput, AbandonActivityTaskRequest as _AbandonActivityTaskRequest } from './AbandonActivityTaskRequest.ts';
import type { AbandonActivityTaskResponseInput as _AbandonActivityTaskResponseInput, AbandonActivityTaskResponse as _AbandonActivityTaskResponse } from './AbandonActivityTaskResponse.ts';
import type { AbandonEntityTaskRequestInput as _AbandonEntityTaskRequestInput, AbandonEntityTaskRequest as _AbandonEntityTaskRequest } from './AbandonEntityTaskRequest.ts';
import type { AbandonEntityTaskResponseInput as _AbandonEntityTaskResponseInput, AbandonEntityTaskResponse as _AbandonEntityTaskResponse } from './AbandonEntityTaskResponse.ts';
import type { AbandonOrchestrationTaskRequestInput as _AbandonOrchestrationTaskRequestInput, AbandonOrchestrationTaskRequest as _AbandonOrchestrationTaskRequest } from './AbandonOrchestrationTaskRequest.ts';
import type { AbandonOrchestrationTaskResponseInput as _AbandonOrchestrationTaskResponseInput, AbandonOrchestrationTaskResponse as _AbandonOrchestrationTaskResponse } from './AbandonOrchestrationTaskResponse.ts';
import type { ActivityFilterInput as _ActivityFilterInput, ActivityFilter as _ActivityFilter } from './ActivityFilter.ts';
import type { ActivityRequestInput as _ActivityRequestInput, ActivityRequest as _ActivityRequest } from './ActivityRequest.ts';
import type { ActivityResponseInput as _ActivityResponseInput, ActivityResponse as _ActivityResponse } from './ActivityResponse.ts';
import type { CleanEntityStorageRequestInput as _CleanEntityStorageRequestInput, CleanEntityStorageRequest as _CleanEntityStorageRequest } from './CleanEntityStorageRequest.ts';
import type { CleanEntityStorageResponseInput as _CleanEntityStorageResponseInput, CleanEntityStorageResponse as _CleanEntityStorageResponse } from './CleanEntityStorageResponse.ts';
import type { CompleteOrchestrationActionInput as _CompleteOrchestrationActionInput, CompleteOrchestrationAction as _CompleteOrchestrationAction } from './CompleteOrchestrationAction.ts';
import type { CompleteTaskResponseInput as _CompleteTaskResponseInput, CompleteTaskResponse as _CompleteTaskResponse } from './CompleteTaskResponse.ts';
import type { ContinueAsNewEventInput as _ContinueAsNewEventInput, ContinueAsNewEvent as _ContinueAsNewEvent } from './ContinueAsNewEvent.ts';
import type { CreateInstanceRequestInput as _CreateInstanceRequestInput, CreateInstanceRequest as _CreateInstanceRequest } from './CreateInstanceRequest.ts';
import type { CreateInstanceResponseInput as _CreateInstanceResponseInput, CreateInstanceResponse as _CreateInstanceResponse } from './CreateInstanceResponse.ts';
import type { CreateSubOrchestrationActionInput as _CreateSubOrchestrationActionInput, CreateSubOrchestrationAction as _CreateSubOrchestrationAction } from './CreateSubOrchestrationAction.ts';
import type { CreateTaskHubRequestInput as _CreateTaskHubRequestInput, CreateTaskHubRequest as _CreateTaskHubRequest } from './CreateTaskHubRequest.ts';
import type { CreateTaskHubResponseInput as _CreateTaskHubResponseInput, CreateTaskHubResponse as _CreateTaskHubResponse } from './CreateTaskHubResponse.ts';
import type { CreateTimerActionInput as _CreateTimerActionInput, CreateTimerAction as _CreateTimerAction } from './CreateTimerAction.ts';
import type { DeleteTaskHubRequestInput as _DeleteTaskHubRequestInput, DeleteTaskHubRequest as _DeleteTaskHubRequest } from './DeleteTaskHubRequest.ts';
import type { DeleteTaskHubResponseInput as _DeleteTaskHubResponseInput, DeleteTaskHubResponse as _DeleteTaskHubResponse } from './DeleteTaskHubResponse.ts';
import type { EntityBatchRequestInput as _EntityBatchRequestInput, EntityBatchRequest as _EntityBatchRequest } from './EntityBatchRequest.ts';
import type { EntityBatchResultInput as _EntityBatchResultInput, EntityBatchResult as _EntityBatchResult } from './EntityBatchResult.ts';
import type { EntityFilterInput as _EntityFilterInput, EntityFilter as _EntityFilter } from './EntityFilter.ts';
import type { EntityLockGrantedEventInput as _EntityLockGrantedEventInput, EntityLockGrantedEvent as _EntityLockGrantedEvent } from './EntityLockGrantedEvent.ts';
import type { EntityLockRequestedEventInput as _EntityLockRequestedEventInput, EntityLockRequestedEvent as _EntityLockRequestedEvent } from './EntityLockRequestedEvent.ts';
import type { EntityMetadataInput as _EntityMetadataInput, EntityMetadata as _EntityMetadata } from './EntityMetadata.ts';
import type { EntityOperationCalledEventInput as _EntityOperationCalledEventInput, EntityOperationCalledEvent as _EntityOperationCalledEvent } from './EntityOperationCalledEvent.ts';
import type { EntityOperationCompletedEventInput as _EntityOperationCompletedEventInput, EntityOperationCompletedEvent as _EntityOperationCompletedEvent } from './EntityOperationCompletedEvent.ts';
import type { EntityOperationFailedEventInput as _EntityOperationFailedEventInput, EntityOperationFailedEvent as _EntityOperationFailedEvent } from './EntityOperationFailedEvent.ts';
import type { EntityOperationSignaledEventInput as _EntityOperationSignaledEventInput, EntityOperationSignaledEvent as _EntityOperationSignaledEvent } from './EntityOperationSignaledEvent.ts';
import type { EntityQueryInput as _EntityQueryInput, EntityQuery as _EntityQuery } from './EntityQuery.ts';
import type { EntityRequestInput as _EntityRequestInput, EntityRequest as _EntityRequest } from './EntityRequest.ts';
import type { EntityUnlockSentEventInput as _EntityUnlockSentEventInput, EntityUnlockSentEvent as _EntityUnlockSentEvent } from './EntityUnlockSentEvent.ts';
import type { EventRaisedEventInput as _EventRaisedEventInput, EventRaisedEvent as _EventRaisedEvent } from './EventRaisedEvent.ts';
import type { EventSentEventInput as _EventSentEventInput, EventSentEvent as _EventSentEvent } from './EventSentEvent.ts';
import type { ExecutionCompletedEventInput as _ExecutionCompletedEventInput, ExecutionCompletedEvent as _ExecutionCompletedEvent } from './ExecutionCompletedEvent.ts';
import type { ExecutionResumedEventInput as _ExecutionResumedEventInput, ExecutionResumedEvent as _ExecutionResumedEvent } from './ExecutionResumedEvent.ts';
import type { ExecutionRewoundEventInput as _ExecutionRewoundEventInput, ExecutionRewoundEvent as _ExecutionRewoundEvent } from './ExecutionRewoundEvent.ts';
import type { ExecutionStartedEventInput as _ExecutionStartedEventInput, ExecutionStartedEvent as _ExecutionStartedEvent } from './ExecutionStartedEvent.ts';
import type { ExecutionSuspendedEventInput as _ExecutionSuspendedEventInput, ExecutionSuspendedEvent as _ExecutionSuspendedEvent } from './ExecutionSuspendedEvent.ts';
import type { ExecutionTerminatedEventInput as _ExecutionTerminatedEventInput, ExecutionTerminatedEvent as _ExecutionTerminatedEvent } from './ExecutionTerminatedEvent.ts';
import type { GenericEventInput as _GenericEventInput, GenericEvent as _GenericEvent } from './GenericEvent.ts';
import type { GetEntityRequestInput as _GetEntityRequestInput, GetEntityRequest as _GetEntityRequest } from './GetEntityRequest.ts';
import type { GetEntityResponseInput as _GetEntityResponseInput, GetEntityResponse as _GetEntityResponse } from './GetEntityResponse.ts';
import type { GetInstanceRequestInput as _GetInstanceRequestInput, GetInstanceRequest as _GetInstanceRequest } from './GetInstanceRequest.ts';
import type { GetInstanceResponseInput as _GetInstanceResponseInput, GetInstanceResponse as _GetInstanceResponse } from './GetInstanceResponse.ts';
import type { GetWorkItemsRequestInput as _GetWorkItemsRequestInput, GetWorkItemsRequest as _GetWorkItemsRequest } from './GetWorkItemsRequest.ts';
import type { HealthPingInput as _HealthPingInput, HealthPing as _HealthPing } from './HealthPing.ts';
import type { HistoryChunkInput as _HistoryChunkInput, HistoryChunk as _HistoryChunk } from './HistoryChunk.ts';
import type { HistoryEventInput as _HistoryEventInput, HistoryEvent as _HistoryEvent } from './HistoryEvent.ts';
import type { HistoryStateEventInput as _HistoryStateEventInput, HistoryStateEvent as _HistoryStateEvent } from './HistoryStateEvent.ts';
import type { InstanceBatchInput as _InstanceBatchInput, InstanceBatch as _InstanceBatch } from './InstanceBatch.ts';
import type { InstanceQueryInput as _InstanceQueryInput, InstanceQuery as _InstanceQuery } from './InstanceQuery.ts';
import type { ListInstanceIdsRequestInput as _ListInstanceIdsRequestInput, ListInstanceIdsRequest as _ListInstanceIdsRequest } from './ListInstanceIdsRequest.ts';
import type { ListInstanceIdsResponseInput as _ListInstanceIdsResponseInput, ListInstanceIdsResponse as _ListInstanceIdsResponse } from './ListInstanceIdsResponse.ts';
import type { OperationActionInput as _OperationActionInput, OperationAction as _OperationAction } from './OperationAction.ts';
import type { OperationInfoInput as _OperationInfoInput, OperationInfo as _OperationInfo } from './OperationInfo.ts';
import type { OperationRequestInput as _OperationRequestInput, OperationRequest as _OperationRequest } from './OperationRequest.ts';
import type { OperationResultInput as _OperationResultInput, OperationResult as _OperationResult } from './OperationResult.ts';
import type { OperationResultFailureInput as _OperationResultFailureInput, OperationResultFailure as _OperationResultFailure } from './OperationResultFailure.ts';
import type { OperationResultSuccessInput as _OperationResultSuccessInput, OperationResultSuccess as _OperationResultSuccess } from './OperationResultSuccess.ts';
import type { OrchestrationFilterInput as _OrchestrationFilterInput, OrchestrationFilter as _OrchestrationFilter } from './OrchestrationFilter.ts';
import type { OrchestrationIdReusePolicyInput as _OrchestrationIdReusePolicyInput, OrchestrationIdReusePolicy as _OrchestrationIdReusePolicy } from './OrchestrationIdReusePolicy.ts';
import type { OrchestrationInstanceInput as _OrchestrationInstanceInput, OrchestrationInstance as _OrchestrationInstance } from './OrchestrationInstance.ts';
import type { OrchestrationStateInput as _OrchestrationStateInput, OrchestrationState as _OrchestrationState } from './OrchestrationState.ts';
import type { OrchestrationTraceContextInput as _OrchestrationTraceContextInput, OrchestrationTraceContext as _OrchestrationTraceContext } from './OrchestrationTraceContext.ts';
import type { OrchestratorActionInput as _OrchestratorActionInput, OrchestratorAction as _OrchestratorAction } from './OrchestratorAction.ts';
import type { OrchestratorCompletedEventInput as _OrchestratorCompletedEventInput, OrchestratorCompletedEvent as _OrchestratorCompletedEvent } from './OrchestratorCompletedEvent.ts';
import type { OrchestratorEntityParametersInput as _OrchestratorEntityParametersInput, OrchestratorEntityParameters as _OrchestratorEntityParameters } from './OrchestratorEntityParameters.ts';
import type { OrchestratorRequestInput as _OrchestratorRequestInput, OrchestratorRequest as _OrchestratorRequest } from './OrchestratorRequest.ts';
import type { OrchestratorResponseInput as _OrchestratorResponseInput, OrchestratorResponse as _OrchestratorResponse } from './OrchestratorResponse.ts';
import type { OrchestratorStartedEventInput as _OrchestratorStartedEventInput, OrchestratorStartedEvent as _OrchestratorStartedEvent } from './OrchestratorStartedEvent.ts';
import type { ParentInstanceInfoInput as _ParentInstanceInfoInput, ParentInstanceInfo as _ParentInstanceInfo } from './ParentInstanceInfo.ts';
import type { PurgeInstanceFilterInput as _PurgeInstanceFilterInput, PurgeInstanceFilter as _PurgeInstanceFilter } from './PurgeInstanceFilter.ts';
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
import type { RewindOrchestrationActionInput as _RewindOrchestrationActionInput, RewindOrchestrationAction as _RewindOrchestrationAction } from './RewindOrchestrationAction.ts';
import type { ScheduleTaskActionInput as _ScheduleTaskActionInput, ScheduleTaskAction as _ScheduleTaskAction } from './ScheduleTaskAction.ts';
import type { SendEntityMessageActionInput as _SendEntityMessageActionInput, SendEntityMessageAction as _SendEntityMessageAction } from './SendEntityMessageAction.ts';
import type { SendEventActionInput as _SendEventActionInput, SendEventAction as _SendEventAction } from './SendEventAction.ts';
import type { SendSignalActionInput as _SendSignalActionInput, SendSignalAction as _SendSignalAction } from './SendSignalAction.ts';
import type { SignalEntityRequestInput as _SignalEntityRequestInput, SignalEntityRequest as _SignalEntityRequest } from './SignalEntityRequest.ts';
import type { SignalEntityResponseInput as _SignalEntityResponseInput, SignalEntityResponse as _SignalEntityResponse } from './SignalEntityResponse.ts';
import type { SkipGracefulOrchestrationTerminationsRequestInput as _SkipGracefulOrchestrationTerminationsRequestInput, SkipGracefulOrchestrationTerminationsRequest as _SkipGracefulOrchestrationTerminationsRequest } from './SkipGracefulOrchestrationTerminationsRequest.ts';
import type { SkipGracefulOrchestrationTerminationsResponseInput as _SkipGracefulOrchestrationTerminationsResponseInput, SkipGracefulOrchestrationTerminationsResponse as _SkipGracefulOrchestrationTerminationsResponse } from './SkipGracefulOrchestrationTerminationsResponse.ts';
import type { StartNewOrchestrationActionInput as _StartNewOrchestrationActionInput, StartNewOrchestrationAction as _StartNewOrchestrationAction } from './StartNewOrchestrationAction.ts';
import type { StreamInstanceHistoryRequestInput as _StreamInstanceHistoryRequestInput, StreamInstanceHistoryRequest as _StreamInstanceHistoryRequest } from './StreamInstanceHistoryRequest.ts';
import type { SubOrchestrationInstanceCompletedEventInput as _SubOrchestrationInstanceCompletedEventInput, SubOrchestrationInstanceCompletedEvent as _SubOrchestrationInstanceCompletedEvent } from './SubOrchestrationInstanceCompletedEvent.ts';
import type { SubOrchestrationInstanceCreatedEventInput as _SubOrchestrationInstanceCreatedEventInput, SubOrchestrationInstanceCreatedEvent as _SubOrchestrationInstanceCreatedEvent } from './SubOrchestrationInstanceCreatedEvent.ts';
import type { SubOrchestrationInstanceFailedEventInput as _SubOrchestrationInstanceFailedEventInput, SubOrchestrationInstanceFailedEvent as _SubOrchestrationInstanceFailedEvent } from './SubOrchestrationInstanceFailedEvent.ts';
import type { SuspendRequestInput as _SuspendRequestInput, SuspendRequest as _SuspendRequest } from './SuspendRequest.ts';
import type { SuspendResponseInput as _SuspendResponseInput, SuspendResponse as _SuspendResponse } from './SuspendResponse.ts';
import type { TaskCompletedEventInput as _TaskCompletedEventInput, TaskCompletedEvent as _TaskCompletedEvent } from './TaskCompletedEvent.ts';
import type { TaskFailedEventInput as _TaskFailedEventInput, TaskFailedEvent as _TaskFailedEvent } from './TaskFailedEvent.ts';
import type { TaskFailureDetailsInput as _TaskFailureDetailsInput, TaskFailureDetails as _TaskFailureDetails } from './TaskFailureDetails.ts';
import type { TaskHubSidecarServiceClient as _TaskHubSidecarServiceClient, TaskHubSidecarServiceDefinition as _TaskHubSidecarServiceDefinition } from './TaskHubSidecarService.ts';
import type { TaskScheduledEventInput as _TaskScheduledEventInput, TaskScheduledEvent as _TaskScheduledEvent } from './TaskScheduledEvent.ts';
import type { TerminateOrchestrationActionInput as _TerminateOrchestrationActionInput, TerminateOrchestrationAction as _TerminateOrchestrationAction } from './TerminateOrchestrationAction.ts';
import type { TerminateRequestInput as _TerminateRequestInput, TerminateRequest as _TerminateRequest } from './TerminateRequest.ts';
import type { TerminateResponseInput as _TerminateResponseInput, TerminateResponse as _TerminateResponse } from './TerminateResponse.ts';
import type { TimerCreatedEventInput as _TimerCreatedEventInput, TimerCreatedEvent as _TimerCreatedEvent } from './TimerCreatedEvent.ts';
import type { TimerFiredEventInput as _TimerFiredEventInput, TimerFiredEvent as _TimerFiredEvent } from './TimerFiredEvent.ts';
import type { TraceContextInput as _TraceContextInput, TraceContext as _TraceContext } from './TraceContext.ts';
import type { WorkItemInput as _WorkItemInput, WorkItem as _WorkItem } from './WorkItem.ts';
import type { WorkItemFiltersInput as _WorkItemFiltersInput, WorkItemFilters as _WorkItemFilters } from './WorkItemFilters.ts';
import type { BoolValueInput as _google_protobuf_BoolValueInput, BoolValue as _google_protobuf_BoolValue } from './google/protobuf/BoolValue.ts';
import type { BytesValueInput as _google_protobuf_BytesValueInput, BytesValue as _google_protobuf_BytesValue } from './google/protobuf/BytesValue.ts';
import type { DoubleValueInput as _google_protobuf_DoubleValueInput, DoubleValue as _google_protobuf_DoubleValue } from './google/protobuf/DoubleValue.ts';
import type { DurationInput as _google_protobuf_DurationInput, Duration as _google_protobuf_Duration } from './google/protobuf/Duration.ts';
import type { EmptyInput as _google_protobuf_EmptyInput, Empty as _google_protobuf_Empty } from './google/protobuf/Empty.ts';
import type { FloatValueInput as _google_protobuf_FloatValueInput, FloatValue as _google_protobuf_FloatValue } from './google/protobuf/FloatValue.ts';
import type { Int32ValueInput as _google_protobuf_Int32ValueInput, Int32Value as _google_protobuf_Int32Value } from './google/protobuf/Int32Value.ts';
import type { Int64ValueInput as _google_protobuf_Int64ValueInput, Int64Value as _google_protobuf_Int64Value } from './google/protobuf/Int64Value.ts';
import type { ListValueInput as _google_protobuf_ListValueInput, ListValue as _google_protobuf_ListValue } from './google/protobuf/ListValue.ts';
import type { StringValueInput as _google_protobuf_StringValueInput, StringValue as _google_protobuf_StringValue } from './google/protobuf/StringValue.ts';
import type { StructInput as _google_protobuf_StructInput, Struct as _google_protobuf_Struct } from './google/protobuf/Struct.ts';
import type { TimestampInput as _google_protobuf_TimestampInput, Timestamp as _google_protobuf_Timestamp } from './google/protobuf/Timestamp.ts';
import type { UInt32ValueInput as _google_protobuf_UInt32ValueInput, UInt32Value as _google_protobuf_UInt32Value } from './google/protobuf/UInt32Value.ts';
import type { UInt64ValueInput as _google_protobuf_UInt64ValueInput, UInt64Value as _google_protobuf_UInt64Value } from './google/protobuf/UInt64Value.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  AbandonActivityTaskRequest: MessageTypeDefinition<_AbandonActivityTaskRequestInput, _AbandonActivityTaskRequest>
  AbandonActivityTaskResponse: MessageTypeDefinition<_AbandonActivityTaskResponseInput, _AbandonActivityTaskResponse>
  AbandonEntityTaskRequest: MessageTypeDefinition<_AbandonEntityTaskRequestInput, _AbandonEntityTaskRequest>
  AbandonEntityTaskResponse: MessageTypeDefinition<_AbandonEntityTaskResponseInput, _AbandonEntityTaskResponse>
  AbandonOrchestrationTaskRequest: MessageTypeDefinition<_AbandonOrchestrationTaskRequestInput, _AbandonOrchestrationTaskRequest>
  AbandonOrchestrationTaskResponse: MessageTypeDefinition<_AbandonOrchestrationTaskResponseInput, _AbandonOrchestrationTaskResponse>
  ActivityFilter: MessageTypeDefinition<_ActivityFilterInput, _ActivityFilter>
  ActivityRequest: MessageTypeDefinition<_ActivityRequestInput, _ActivityRequest>
  ActivityResponse: MessageTypeDefinition<_ActivityResponseInput, _ActivityResponse>
  CleanEntityStorageRequest: MessageTypeDefinition<_CleanEntityStorageRequestInput, _CleanEntityStorageRequest>
  CleanEntityStorageResponse: MessageTypeDefinition<_CleanEntityStorageResponseInput, _CleanEntityStorageResponse>
  CompleteOrchestrationAction: MessageTypeDefinition<_CompleteOrchestrationActionInput, _CompleteOrchestrationAction>
  CompleteTaskResponse: MessageTypeDefinition<_CompleteTaskResponseInput, _CompleteTaskResponse>
  ContinueAsNewEvent: MessageTypeDefinition<_ContinueAsNewEventInput, _ContinueAsNewEvent>
  CreateInstanceRequest: MessageTypeDefinition<_CreateInstanceRequestInput, _CreateInstanceRequest>
  CreateInstanceResponse: MessageTypeDefinition<_CreateInstanceResponseInput, _CreateInstanceResponse>
  CreateSubOrchestrationAction: MessageTypeDefinition<_CreateSubOrchestrationActionInput, _CreateSubOrchestrationAction>
  CreateTaskHubRequest: MessageTypeDefinition<_CreateTaskHubRequestInput, _CreateTaskHubRequest>
  CreateTaskHubResponse: MessageTypeDefinition<_CreateTaskHubResponseInput, _CreateTaskHubResponse>
  CreateTimerAction: MessageTypeDefinition<_CreateTimerActionInput, _CreateTimerAction>
  DeleteTaskHubRequest: MessageTypeDefinition<_DeleteTaskHubRequestInput, _DeleteTaskHubRequest>
  DeleteTaskHubResponse: MessageTypeDefinition<_DeleteTaskHubResponseInput, _DeleteTaskHubResponse>
  EntityBatchRequest: MessageTypeDefinition<_EntityBatchRequestInput, _EntityBatchRequest>
  EntityBatchResult: MessageTypeDefinition<_EntityBatchResultInput, _EntityBatchResult>
  EntityFilter: MessageTypeDefinition<_EntityFilterInput, _EntityFilter>
  EntityLockGrantedEvent: MessageTypeDefinition<_EntityLockGrantedEventInput, _EntityLockGrantedEvent>
  EntityLockRequestedEvent: MessageTypeDefinition<_EntityLockRequestedEventInput, _EntityLockRequestedEvent>
  EntityMetadata: MessageTypeDefinition<_EntityMetadataInput, _EntityMetadata>
  EntityOperationCalledEvent: MessageTypeDefinition<_EntityOperationCalledEventInput, _EntityOperationCalledEvent>
  EntityOperationCompletedEvent: MessageTypeDefinition<_EntityOperationCompletedEventInput, _EntityOperationCompletedEvent>
  EntityOperationFailedEvent: MessageTypeDefinition<_EntityOperationFailedEventInput, _EntityOperationFailedEvent>
  EntityOperationSignaledEvent: MessageTypeDefinition<_EntityOperationSignaledEventInput, _EntityOperationSignaledEvent>
  EntityQuery: MessageTypeDefinition<_EntityQueryInput, _EntityQuery>
  EntityRequest: MessageTypeDefinition<_EntityRequestInput, _EntityRequest>
  EntityUnlockSentEvent: MessageTypeDefinition<_EntityUnlockSentEventInput, _EntityUnlockSentEvent>
  EventRaisedEvent: MessageTypeDefinition<_EventRaisedEventInput, _EventRaisedEvent>
  EventSentEvent: MessageTypeDefinition<_EventSentEventInput, _EventSentEvent>
  ExecutionCompletedEvent: MessageTypeDefinition<_ExecutionCompletedEventInput, _ExecutionCompletedEvent>
  ExecutionResumedEvent: MessageTypeDefinition<_ExecutionResumedEventInput, _ExecutionResumedEvent>
  ExecutionRewoundEvent: MessageTypeDefinition<_ExecutionRewoundEventInput, _ExecutionRewoundEvent>
  ExecutionStartedEvent: MessageTypeDefinition<_ExecutionStartedEventInput, _ExecutionStartedEvent>
  ExecutionSuspendedEvent: MessageTypeDefinition<_ExecutionSuspendedEventInput, _ExecutionSuspendedEvent>
  ExecutionTerminatedEvent: MessageTypeDefinition<_ExecutionTerminatedEventInput, _ExecutionTerminatedEvent>
  GenericEvent: MessageTypeDefinition<_GenericEventInput, _GenericEvent>
  GetEntityRequest: MessageTypeDefinition<_GetEntityRequestInput, _GetEntityRequest>
  GetEntityResponse: MessageTypeDefinition<_GetEntityResponseInput, _GetEntityResponse>
  GetInstanceRequest: MessageTypeDefinition<_GetInstanceRequestInput, _GetInstanceRequest>
  GetInstanceResponse: MessageTypeDefinition<_GetInstanceResponseInput, _GetInstanceResponse>
  GetWorkItemsRequest: MessageTypeDefinition<_GetWorkItemsRequestInput, _GetWorkItemsRequest>
  HealthPing: MessageTypeDefinition<_HealthPingInput, _HealthPing>
  HistoryChunk: MessageTypeDefinition<_HistoryChunkInput, _HistoryChunk>
  HistoryEvent: MessageTypeDefinition<_HistoryEventInput, _HistoryEvent>
  HistoryStateEvent: MessageTypeDefinition<_HistoryStateEventInput, _HistoryStateEvent>
  InstanceBatch: MessageTypeDefinition<_InstanceBatchInput, _InstanceBatch>
  InstanceQuery: MessageTypeDefinition<_InstanceQueryInput, _InstanceQuery>
  ListInstanceIdsRequest: MessageTypeDefinition<_ListInstanceIdsRequestInput, _ListInstanceIdsRequest>
  ListInstanceIdsResponse: MessageTypeDefinition<_ListInstanceIdsResponseInput, _ListInstanceIdsResponse>
  OperationAction: MessageTypeDefinition<_OperationActionInput, _OperationAction>
  OperationInfo: MessageTypeDefinition<_OperationInfoInput, _OperationInfo>
  OperationRequest: MessageTypeDefinition<_OperationRequestInput, _OperationRequest>
  OperationResult: MessageTypeDefinition<_OperationResultInput, _OperationResult>
  OperationResultFailure: MessageTypeDefinition<_OperationResultFailureInput, _OperationResultFailure>
  OperationResultSuccess: MessageTypeDefinition<_OperationResultSuccessInput, _OperationResultSuccess>
  OrchestrationFilter: MessageTypeDefinition<_OrchestrationFilterInput, _OrchestrationFilter>
  OrchestrationIdReusePolicy: MessageTypeDefinition<_OrchestrationIdReusePolicyInput, _OrchestrationIdReusePolicy>
  OrchestrationInstance: MessageTypeDefinition<_OrchestrationInstanceInput, _OrchestrationInstance>
  OrchestrationState: MessageTypeDefinition<_OrchestrationStateInput, _OrchestrationState>
  OrchestrationStatus: EnumTypeDefinition
  OrchestrationTraceContext: MessageTypeDefinition<_OrchestrationTraceContextInput, _OrchestrationTraceContext>
  OrchestratorAction: MessageTypeDefinition<_OrchestratorActionInput, _OrchestratorAction>
  OrchestratorCompletedEvent: MessageTypeDefinition<_OrchestratorCompletedEventInput, _OrchestratorCompletedEvent>
  OrchestratorEntityParameters: MessageTypeDefinition<_OrchestratorEntityParametersInput, _OrchestratorEntityParameters>
  OrchestratorRequest: MessageTypeDefinition<_OrchestratorRequestInput, _OrchestratorRequest>
  OrchestratorResponse: MessageTypeDefinition<_OrchestratorResponseInput, _OrchestratorResponse>
  OrchestratorStartedEvent: MessageTypeDefinition<_OrchestratorStartedEventInput, _OrchestratorStartedEvent>
  ParentInstanceInfo: MessageTypeDefinition<_ParentInstanceInfoInput, _ParentInstanceInfo>
  PurgeInstanceFilter: MessageTypeDefinition<_PurgeInstanceFilterInput, _PurgeInstanceFilter>
  PurgeInstancesRequest: MessageTypeDefinition<_PurgeInstancesRequestInput, _PurgeInstancesRequest>
  PurgeInstancesResponse: MessageTypeDefinition<_PurgeInstancesResponseInput, _PurgeInstancesResponse>
  QueryEntitiesRequest: MessageTypeDefinition<_QueryEntitiesRequestInput, _QueryEntitiesRequest>
  QueryEntitiesResponse: MessageTypeDefinition<_QueryEntitiesResponseInput, _QueryEntitiesResponse>
  QueryInstancesRequest: MessageTypeDefinition<_QueryInstancesRequestInput, _QueryInstancesRequest>
  QueryInstancesResponse: MessageTypeDefinition<_QueryInstancesResponseInput, _QueryInstancesResponse>
  RaiseEventRequest: MessageTypeDefinition<_RaiseEventRequestInput, _RaiseEventRequest>
  RaiseEventResponse: MessageTypeDefinition<_RaiseEventResponseInput, _RaiseEventResponse>
  RestartInstanceRequest: MessageTypeDefinition<_RestartInstanceRequestInput, _RestartInstanceRequest>
  RestartInstanceResponse: MessageTypeDefinition<_RestartInstanceResponseInput, _RestartInstanceResponse>
  ResumeRequest: MessageTypeDefinition<_ResumeRequestInput, _ResumeRequest>
  ResumeResponse: MessageTypeDefinition<_ResumeResponseInput, _ResumeResponse>
  RewindInstanceRequest: MessageTypeDefinition<_RewindInstanceRequestInput, _RewindInstanceRequest>
  RewindInstanceResponse: MessageTypeDefinition<_RewindInstanceResponseInput, _RewindInstanceResponse>
  RewindOrchestrationAction: MessageTypeDefinition<_RewindOrchestrationActionInput, _RewindOrchestrationAction>
  ScheduleTaskAction: MessageTypeDefinition<_ScheduleTaskActionInput, _ScheduleTaskAction>
  SendEntityMessageAction: MessageTypeDefinition<_SendEntityMessageActionInput, _SendEntityMessageAction>
  SendEventAction: MessageTypeDefinition<_SendEventActionInput, _SendEventAction>
  SendSignalAction: MessageTypeDefinition<_SendSignalActionInput, _SendSignalAction>
  SignalEntityRequest: MessageTypeDefinition<_SignalEntityRequestInput, _SignalEntityRequest>
  SignalEntityResponse: MessageTypeDefinition<_SignalEntityResponseInput, _SignalEntityResponse>
  SkipGracefulOrchestrationTerminationsRequest: MessageTypeDefinition<_SkipGracefulOrchestrationTerminationsRequestInput, _SkipGracefulOrchestrationTerminationsRequest>
  SkipGracefulOrchestrationTerminationsResponse: MessageTypeDefinition<_SkipGracefulOrchestrationTerminationsResponseInput, _SkipGracefulOrchestrationTerminationsResponse>
  StartNewOrchestrationAction: MessageTypeDefinition<_StartNewOrchestrationActionInput, _StartNewOrchestrationAction>
  StreamInstanceHistoryRequest: MessageTypeDefinition<_StreamInstanceHistoryRequestInput, _StreamInstanceHistoryRequest>
  SubOrchestrationInstanceCompletedEvent: MessageTypeDefinition<_SubOrchestrationInstanceCompletedEventInput, _SubOrchestrationInstanceCompletedEvent>
  SubOrchestrationInstanceCreatedEvent: MessageTypeDefinition<_SubOrchestrationInstanceCreatedEventInput, _SubOrchestrationInstanceCreatedEvent>
  SubOrchestrationInstanceFailedEvent: MessageTypeDefinition<_SubOrchestrationInstanceFailedEventInput, _SubOrchestrationInstanceFailedEvent>
  SuspendRequest: MessageTypeDefinition<_SuspendRequestInput, _SuspendRequest>
  SuspendResponse: MessageTypeDefinition<_SuspendResponseInput, _SuspendResponse>
  TaskCompletedEvent: MessageTypeDefinition<_TaskCompletedEventInput, _TaskCompletedEvent>
  TaskFailedEvent: MessageTypeDefinition<_TaskFailedEventInput, _TaskFailedEvent>
  TaskFailureDetails: MessageTypeDefinition<_TaskFailureDetailsInput, _TaskFailureDetails>
  TaskHubSidecarService: SubtypeConstructor<typeof grpc.Client, _TaskHubSidecarServiceClient> & { service: _TaskHubSidecarServiceDefinition }
  TaskScheduledEvent: MessageTypeDefinition<_TaskScheduledEventInput, _TaskScheduledEvent>
  TerminateOrchestrationAction: MessageTypeDefinition<_TerminateOrchestrationActionInput, _TerminateOrchestrationAction>
  TerminateRequest: MessageTypeDefinition<_TerminateRequestInput, _TerminateRequest>
  TerminateResponse: MessageTypeDefinition<_TerminateResponseInput, _TerminateResponse>
  TimerCreatedEvent: MessageTypeDefinition<_TimerCreatedEventInput, _TimerCreatedEvent>
  TimerFiredEvent: MessageTypeDefinition<_TimerFiredEventInput, _TimerFiredEvent>
  TraceContext: MessageTypeDefinition<_TraceContextInput, _TraceContext>
  WorkItem: MessageTypeDefinition<_WorkItemInput, _WorkItem>
  WorkItemFilters: MessageTypeDefinition<_WorkItemFiltersInput, _WorkItemFilters>
  WorkerCapability: EnumTypeDefinition
  google: {
    protobuf: {
      BoolValue: MessageTypeDefinition<_google_protobuf_BoolValueInput, _google_protobuf_BoolValue>
      BytesValue: MessageTypeDefinition<_google_protobuf_BytesValueInput, _google_protobuf_BytesValue>
      DoubleValue: MessageTypeDefinition<_google_protobuf_DoubleValueInput, _google_protobuf_DoubleValue>
      Duration: MessageTypeDefinition<_google_protobuf_DurationInput, _google_protobuf_Duration>
      Empty: MessageTypeDefinition<_google_protobuf_EmptyInput, _google_protobuf_Empty>
      FloatValue: MessageTypeDefinition<_google_protobuf_FloatValueInput, _google_protobuf_FloatValue>
      Int32Value: MessageTypeDefinition<_google_protobuf_Int32ValueInput, _google_protobuf_Int32Value>
      Int64Value: MessageTypeDefinition<_google_protobuf_Int64ValueInput, _google_protobuf_Int64Value>
      ListValue: MessageTypeDefinition<_google_protobuf_ListValueInput, _google_protobuf_ListValue>
      NullValue: EnumTypeDefinition
      StringValue: MessageTypeDefinition<_google_protobuf_StringValueInput, _google_protobuf_StringValue>
      Struct: MessageTypeDefinition<_google_protobuf_StructInput, _google_protobuf_Struct>
      Timestamp: MessageTypeDefinition<_google_protobuf_TimestampInput, _google_protobuf_Timestamp>
      UInt32Value: MessageTypeDefinition<_google_protobuf_UInt32ValueInput, _google_protobuf_UInt32Value>
      UInt64Value: MessageTypeDefinition<_google_protobuf_UInt64ValueInput, _google_protobuf_UInt64Value>
      Value: MessageTypeDefinition<_google_protobuf_ValueInput, _google_protobuf_Value>
    }
  }
}

