// The messages of the protocol as the rest of the program knows them; types only. Where a message has a oneof, the
// generated type says that every case may be there. Here it becomes a discriminated union on the oneof's tag, so
// that a `switch` over it is exhaustive and the case needs no check. Newer SDKs may send cases that we don't know:
// the `Any…` types have the member without a tag, for what came off the wire.

import type { CompleteOrchestrationAction as GeneratedCompleteOrchestrationAction } from './generated/CompleteOrchestrationAction.ts';
import type { EntityBatchResult as GeneratedEntityBatchResult } from './generated/EntityBatchResult.ts';
import type { EntityRequest as GeneratedEntityRequest } from './generated/EntityRequest.ts';
import type { HistoryChunk as GeneratedHistoryChunk } from './generated/HistoryChunk.ts';
import type { HistoryEvent as GeneratedHistoryEvent } from './generated/HistoryEvent.ts';
import type { OperationAction as GeneratedOperationAction } from './generated/OperationAction.ts';
import type { OperationResult as GeneratedOperationResult } from './generated/OperationResult.ts';
import type { OrchestratorAction as GeneratedOrchestratorAction } from './generated/OrchestratorAction.ts';
import type { OrchestratorRequest as GeneratedOrchestratorRequest } from './generated/OrchestratorRequest.ts';
import type { OrchestratorResponse as GeneratedOrchestratorResponse } from './generated/OrchestratorResponse.ts';
import type { PurgeInstancesRequest as GeneratedPurgeInstancesRequest } from './generated/PurgeInstancesRequest.ts';
import type { RewindOrchestrationAction as GeneratedRewindOrchestrationAction } from './generated/RewindOrchestrationAction.ts';
import type { SendEntityMessageAction as GeneratedSendEntityMessageAction } from './generated/SendEntityMessageAction.ts';
import type { WorkItem as GeneratedWorkItem } from './generated/WorkItem.ts';

type Case<Message, Tag extends keyof Message> = NonNullable<Message[Tag]> & string;

/** A message whose oneof is set. */
type Oneof<Message, Tag extends keyof Message> = {
  [C in Case<Message, Tag> & keyof Message]: Omit<Message, Tag | Case<Message, Tag>> &
    Record<Tag, C> &
    Record<C, NonNullable<Message[C]>>;
}[Case<Message, Tag> & keyof Message];

/** A message whose oneof may be unset, or set to a case that we don't know. */
type AnyOneof<Message, Tag extends keyof Message> =
  Oneof<Message, Tag> | (Omit<Message, Tag | Case<Message, Tag>> & Partial<Record<Tag, never>>);

/** A message with more exact types for some of its fields. */
type With<Message, Fields> = Omit<Message, keyof Fields> & Fields;

export type HistoryEvent = Oneof<GeneratedHistoryEvent, 'eventType'>;
export type AnyHistoryEvent = AnyOneof<GeneratedHistoryEvent, 'eventType'>;
export type HistoryEventType = HistoryEvent['eventType'];
export type HistoryEventOf<Type extends HistoryEventType> = Extract<HistoryEvent, { eventType: Type }>;

export type CompleteOrchestrationAction = With<
  GeneratedCompleteOrchestrationAction,
  { carryoverEvents: AnyHistoryEvent[] }
>;
export type RewindOrchestrationAction = With<
  GeneratedRewindOrchestrationAction,
  { newHistory: AnyHistoryEvent[] }
>;
export type SendEntityMessageAction = AnyOneof<GeneratedSendEntityMessageAction, 'EntityMessageType'>;
type OrchestratorAction = With<
  GeneratedOrchestratorAction,
  {
    completeOrchestration?: CompleteOrchestrationAction | null;
    rewindOrchestration?: RewindOrchestrationAction | null;
    sendEntityMessage?: SendEntityMessageAction | null;
  }
>;
export type Action = Oneof<OrchestratorAction, 'orchestratorActionType'>;
export type AnyAction = AnyOneof<OrchestratorAction, 'orchestratorActionType'>;
export type ActionType = Action['orchestratorActionType'];
export type ActionOf<Type extends ActionType> = Extract<Action, { orchestratorActionType: Type }>;

export type OrchestratorRequest = With<
  GeneratedOrchestratorRequest,
  { pastEvents: AnyHistoryEvent[]; newEvents: AnyHistoryEvent[] }
>;
export type OrchestratorResponse = With<GeneratedOrchestratorResponse, { actions: AnyAction[] }>;
export type HistoryChunk = With<GeneratedHistoryChunk, { events: AnyHistoryEvent[] }>;

export type EntityRequest = With<GeneratedEntityRequest, { operationRequests: AnyHistoryEvent[] }>;
export type OperationResult = AnyOneof<GeneratedOperationResult, 'resultType'>;
export type OperationAction = AnyOneof<GeneratedOperationAction, 'operationActionType'>;
export type EntityBatchResult = With<
  GeneratedEntityBatchResult,
  { results: OperationResult[]; actions: OperationAction[] }
>;

export type PurgeInstancesRequest = AnyOneof<GeneratedPurgeInstancesRequest, 'request'>;
export type WorkItem = AnyOneof<
  With<
    GeneratedWorkItem,
    { orchestratorRequest?: OrchestratorRequest | null; entityRequestV2?: EntityRequest | null }
  >,
  'request'
>;

/** The messages that are more exact here than as generated, by their names on the wire. */
export interface RefinedMessages {
  HistoryEvent: AnyHistoryEvent;
  CompleteOrchestrationAction: CompleteOrchestrationAction;
  RewindOrchestrationAction: RewindOrchestrationAction;
  SendEntityMessageAction: SendEntityMessageAction;
  OrchestratorAction: AnyAction;
  OrchestratorRequest: OrchestratorRequest;
  OrchestratorResponse: OrchestratorResponse;
  HistoryChunk: HistoryChunk;
  EntityRequest: EntityRequest;
  OperationResult: OperationResult;
  OperationAction: OperationAction;
  EntityBatchResult: EntityBatchResult;
  PurgeInstancesRequest: PurgeInstancesRequest;
  WorkItem: WorkItem;
}

export type { Duration } from './generated/google/protobuf/Duration.ts';
export type { Timestamp } from './generated/google/protobuf/Timestamp.ts';
export type { AbandonActivityTaskRequest } from './generated/AbandonActivityTaskRequest.ts';
export type { AbandonActivityTaskResponse } from './generated/AbandonActivityTaskResponse.ts';
export type { AbandonEntityTaskRequest } from './generated/AbandonEntityTaskRequest.ts';
export type { AbandonEntityTaskResponse } from './generated/AbandonEntityTaskResponse.ts';
export type { AbandonOrchestrationTaskRequest } from './generated/AbandonOrchestrationTaskRequest.ts';
export type { AbandonOrchestrationTaskResponse } from './generated/AbandonOrchestrationTaskResponse.ts';
export type { ActivityFilter } from './generated/ActivityFilter.ts';
export type { ActivityRequest } from './generated/ActivityRequest.ts';
export type { ActivityResponse } from './generated/ActivityResponse.ts';
export type { CleanEntityStorageRequest } from './generated/CleanEntityStorageRequest.ts';
export type { CleanEntityStorageResponse } from './generated/CleanEntityStorageResponse.ts';
export type { CompleteTaskResponse } from './generated/CompleteTaskResponse.ts';
export type { CreateInstanceRequest } from './generated/CreateInstanceRequest.ts';
export type { CreateInstanceResponse } from './generated/CreateInstanceResponse.ts';
export type { CreateTaskHubRequest } from './generated/CreateTaskHubRequest.ts';
export type { CreateTaskHubResponse } from './generated/CreateTaskHubResponse.ts';
export type { DeleteTaskHubRequest } from './generated/DeleteTaskHubRequest.ts';
export type { DeleteTaskHubResponse } from './generated/DeleteTaskHubResponse.ts';
export type { EntityBatchRequest } from './generated/EntityBatchRequest.ts';
export type { EntityFilter } from './generated/EntityFilter.ts';
export type { EntityMetadata } from './generated/EntityMetadata.ts';
export type { EntityQuery } from './generated/EntityQuery.ts';
export type { GetEntityRequest } from './generated/GetEntityRequest.ts';
export type { GetEntityResponse } from './generated/GetEntityResponse.ts';
export type { GetInstanceRequest } from './generated/GetInstanceRequest.ts';
export type { GetInstanceResponse } from './generated/GetInstanceResponse.ts';
export type { GetWorkItemsRequest } from './generated/GetWorkItemsRequest.ts';
export type { HealthPing } from './generated/HealthPing.ts';
export type { InstanceBatch } from './generated/InstanceBatch.ts';
export type { InstanceQuery } from './generated/InstanceQuery.ts';
export type { ListInstanceIdsRequest } from './generated/ListInstanceIdsRequest.ts';
export type { ListInstanceIdsResponse } from './generated/ListInstanceIdsResponse.ts';
export type { OperationInfo } from './generated/OperationInfo.ts';
export type { OperationRequest } from './generated/OperationRequest.ts';
export type { OperationResultFailure } from './generated/OperationResultFailure.ts';
export type { OperationResultSuccess } from './generated/OperationResultSuccess.ts';
export type { OrchestrationFilter } from './generated/OrchestrationFilter.ts';
export type { OrchestrationIdReusePolicy } from './generated/OrchestrationIdReusePolicy.ts';
export type { OrchestrationInstance } from './generated/OrchestrationInstance.ts';
export type { OrchestrationState } from './generated/OrchestrationState.ts';
export type { OrchestrationStatus } from './generated/OrchestrationStatus.ts';
export type { OrchestrationTraceContext } from './generated/OrchestrationTraceContext.ts';
export type { OrchestratorEntityParameters } from './generated/OrchestratorEntityParameters.ts';
export type { ParentInstanceInfo } from './generated/ParentInstanceInfo.ts';
export type { PurgeInstanceFilter } from './generated/PurgeInstanceFilter.ts';
export type { PurgeInstancesResponse } from './generated/PurgeInstancesResponse.ts';
export type { QueryEntitiesRequest } from './generated/QueryEntitiesRequest.ts';
export type { QueryEntitiesResponse } from './generated/QueryEntitiesResponse.ts';
export type { QueryInstancesRequest } from './generated/QueryInstancesRequest.ts';
export type { QueryInstancesResponse } from './generated/QueryInstancesResponse.ts';
export type { RaiseEventRequest } from './generated/RaiseEventRequest.ts';
export type { RaiseEventResponse } from './generated/RaiseEventResponse.ts';
export type { RestartInstanceRequest } from './generated/RestartInstanceRequest.ts';
export type { RestartInstanceResponse } from './generated/RestartInstanceResponse.ts';
export type { ResumeRequest } from './generated/ResumeRequest.ts';
export type { ResumeResponse } from './generated/ResumeResponse.ts';
export type { RewindInstanceRequest } from './generated/RewindInstanceRequest.ts';
export type { RewindInstanceResponse } from './generated/RewindInstanceResponse.ts';
export type { SignalEntityRequest } from './generated/SignalEntityRequest.ts';
export type { SignalEntityResponse } from './generated/SignalEntityResponse.ts';
export type { SkipGracefulOrchestrationTerminationsRequest } from './generated/SkipGracefulOrchestrationTerminationsRequest.ts';
export type { SkipGracefulOrchestrationTerminationsResponse } from './generated/SkipGracefulOrchestrationTerminationsResponse.ts';
export type { StreamInstanceHistoryRequest } from './generated/StreamInstanceHistoryRequest.ts';
export type { SuspendRequest } from './generated/SuspendRequest.ts';
export type { SuspendResponse } from './generated/SuspendResponse.ts';
export type { TaskFailureDetails } from './generated/TaskFailureDetails.ts';
export type { TerminateRequest } from './generated/TerminateRequest.ts';
export type { TerminateResponse } from './generated/TerminateResponse.ts';
export type { TraceContext } from './generated/TraceContext.ts';
export type { WorkItemFilters } from './generated/WorkItemFilters.ts';
export type { WorkerCapability } from './generated/WorkerCapability.ts';
