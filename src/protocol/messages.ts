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
type HistoryEventType = HistoryEvent['eventType'];
export type HistoryEventOf<Type extends HistoryEventType> = Extract<HistoryEvent, { eventType: Type }>;

export type CompleteOrchestrationAction = With<
  GeneratedCompleteOrchestrationAction,
  { carryoverEvents: AnyHistoryEvent[] }
>;
type RewindOrchestrationAction = With<GeneratedRewindOrchestrationAction, { newHistory: AnyHistoryEvent[] }>;
type SendEntityMessageAction = AnyOneof<GeneratedSendEntityMessageAction, 'EntityMessageType'>;
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
type ActionType = Action['orchestratorActionType'];
export type ActionOf<Type extends ActionType> = Extract<Action, { orchestratorActionType: Type }>;

export type OrchestratorRequest = With<
  GeneratedOrchestratorRequest,
  { pastEvents: AnyHistoryEvent[]; newEvents: AnyHistoryEvent[] }
>;
export type OrchestratorResponse = With<GeneratedOrchestratorResponse, { actions: AnyAction[] }>;
type HistoryChunk = With<GeneratedHistoryChunk, { events: AnyHistoryEvent[] }>;

type EntityRequest = With<GeneratedEntityRequest, { operationRequests: AnyHistoryEvent[] }>;
type OperationResult = AnyOneof<GeneratedOperationResult, 'resultType'>;
type OperationAction = AnyOneof<GeneratedOperationAction, 'operationActionType'>;
export type EntityBatchResult = With<
  GeneratedEntityBatchResult,
  { results: OperationResult[]; actions: OperationAction[] }
>;

export type PurgeInstancesRequest = AnyOneof<GeneratedPurgeInstancesRequest, 'request'>;
type WorkItem = AnyOneof<
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

export type { Timestamp } from './generated/google/protobuf/Timestamp.ts';
export type { ActivityRequest } from './generated/ActivityRequest.ts';
export type { ActivityResponse } from './generated/ActivityResponse.ts';
export type { CreateInstanceRequest } from './generated/CreateInstanceRequest.ts';
export type { GetWorkItemsRequest } from './generated/GetWorkItemsRequest.ts';
export type { InstanceQuery } from './generated/InstanceQuery.ts';
export type { ListInstanceIdsRequest } from './generated/ListInstanceIdsRequest.ts';
export type { OrchestrationIdReusePolicy } from './generated/OrchestrationIdReusePolicy.ts';
export type { OrchestrationState } from './generated/OrchestrationState.ts';
export type { OrchestrationStatus } from './generated/OrchestrationStatus.ts';
export type { QueryInstancesRequest } from './generated/QueryInstancesRequest.ts';
export type { RaiseEventRequest } from './generated/RaiseEventRequest.ts';
export type { RestartInstanceRequest } from './generated/RestartInstanceRequest.ts';
export type { ResumeRequest } from './generated/ResumeRequest.ts';
export type { RewindInstanceRequest } from './generated/RewindInstanceRequest.ts';
export type { SkipGracefulOrchestrationTerminationsRequest } from './generated/SkipGracefulOrchestrationTerminationsRequest.ts';
export type { StreamInstanceHistoryRequest } from './generated/StreamInstanceHistoryRequest.ts';
export type { SuspendRequest } from './generated/SuspendRequest.ts';
export type { SignalEntityRequest } from './generated/SignalEntityRequest.ts';
export type { EntityQuery } from './generated/EntityQuery.ts';
export type { TaskFailureDetails } from './generated/TaskFailureDetails.ts';
export type { TerminateRequest } from './generated/TerminateRequest.ts';
