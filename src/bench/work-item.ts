// What the load worker reads of a work item: where the fields lie that it sends back, and how far the orchestration
// is. Nothing is decoded: a worker that costs as much as the server would measure itself.

import { WireReader } from '../protocol/wire-reader.ts';

/** A turn. `id` and `token` are fields as they lie in the work item, with tag and length. */
export interface Turn {
  readonly kind: 'orchestration';
  readonly id: Buffer;
  readonly token: Buffer;
  /** Whether it is the first one of an execution. */
  readonly isFirst: boolean;
  /** Whether that execution has no input; false when it isn't the first turn. */
  readonly isBare: boolean;
  /** How many activities, timers, sub-orchestrations and calls of entities it says the end of; entities locked count as one, like an event from outside. */
  readonly results: number;
  /** The task id of the last of them, of entities the last digit of the request's id, of events that of their name; 0 without any. */
  readonly lastTaskId: number;
}

/** An activity. `id`, `taskId` and `token` are fields as they lie in the work item. */
export interface Activity {
  readonly kind: 'activity';
  readonly id: Buffer;
  readonly taskId: Buffer;
  readonly token: Buffer;
}

/** Operations for an entity. `token` is a field as it lies in the work item, with tag and length. */
export interface Batch {
  readonly kind: 'entity';
  readonly token: Buffer;
  readonly operations: number;
}

// Tags: field number * 8 + wire type, 2 for what has a length.
const ORCHESTRATOR_REQUEST = 0x0a; // WorkItem.orchestratorRequest = 1
const ACTIVITY_REQUEST = 0x12; // WorkItem.activityRequest = 2
const ENTITY_REQUEST = 0x2a; // WorkItem.entityRequestV2 = 5
const OPERATION_REQUEST = 0x22; // EntityRequest.operationRequests = 4
const COMPLETION_TOKEN = 0x52; // WorkItem.completionToken = 10
const INSTANCE_ID = 0x0a; // OrchestratorRequest.instanceId = 1 and OrchestrationInstance.instanceId = 1
const NEW_EVENTS = 0x22; // OrchestratorRequest.newEvents = 4
const ORCHESTRATION_INSTANCE = 0x22; // ActivityRequest.orchestrationInstance = 4
const TASK_ID = 0x28; // ActivityRequest.taskId = 5
const EXECUTION_STARTED = 0x1a; // HistoryEvent.executionStarted = 3
const INPUT = 0x1a; // ExecutionStartedEvent.input = 3
const TASK_COMPLETED = 0x3a; // HistoryEvent.taskCompleted = 7
const CHILD_COMPLETED = 0x52; // HistoryEvent.subOrchestrationInstanceCompleted = 10
const TASK_SCHEDULED_ID = 0x08; // TaskCompletedEvent and SubOrchestrationInstanceCompletedEvent.taskScheduledId = 1
const TIMER_FIRED = 0x6a; // HistoryEvent.timerFired = 13
const TIMER_ID = 0x10; // TimerFiredEvent.timerId = 2
const EVENT_RAISED = 0x8a; // HistoryEvent.eventRaised = 17
const ENTITY_COMPLETED = 0xca; // HistoryEvent.entityOperationCompleted = 25
const LOCK_GRANTED = 0xe2; // HistoryEvent.entityLockGranted = 28
const NUMBERED = 0x0a; // EventRaisedEvent.name, EntityOperationCompletedEvent.requestId, EntityLockGrantedEvent.criticalSectionId = 1
const DIGIT_ZERO = 0x30;

/** Undefined for what isn't answered: a health ping. */
export function readWorkItem(bytes: Buffer): Turn | Activity | Batch | undefined {
  const reader = new WireReader(bytes);
  let token: Buffer | undefined;
  let request: { readonly tag: number; readonly start: number; readonly end: number } | undefined;
  while (reader.at < bytes.length) {
    const start = reader.at;
    const tag = reader.tag();
    if (tag === COMPLETION_TOKEN) {
      reader.skip(tag);
      token = bytes.subarray(start, reader.at);
    } else if (tag in readers) {
      const end = reader.lengthEnd();
      request = { tag, start: reader.at, end };
      reader.at = end;
    } else reader.skip(tag);
  }
  if (!request || !token) return undefined;
  reader.at = request.start;
  return readers[request.tag]?.(reader, request.end, { bytes, token });
}

type Read = (reader: WireReader, end: number, around: Around) => Turn | Activity | Batch;

const readers: Readonly<Partial<Record<number, Read>>> = {
  [ORCHESTRATOR_REQUEST]: readTurn,
  [ACTIVITY_REQUEST]: readActivity,
  [ENTITY_REQUEST]: readBatch,
};

interface Around {
  readonly bytes: Buffer;
  readonly token: Buffer;
}

type News = { -readonly [Field in 'isFirst' | 'isBare' | 'results' | 'lastTaskId']: Turn[Field] };

function readTurn(reader: WireReader, end: number, { bytes, token }: Around): Turn {
  let id = bytes.subarray(0, 0);
  const news: News = { isFirst: false, isBare: false, results: 0, lastTaskId: 0 };
  while (reader.at < end) {
    const start = reader.at;
    const tag = reader.tag();
    if (tag === NEW_EVENTS) readEvent(reader, reader.lengthEnd(), news);
    else {
      reader.skip(tag);
      if (tag === INSTANCE_ID) id = bytes.subarray(start, reader.at);
    }
  }
  return { kind: 'orchestration', id, token, ...news };
}

function readEvent(reader: WireReader, end: number, news: News): void {
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === TASK_COMPLETED || tag === CHILD_COMPLETED) readResult(reader, TASK_SCHEDULED_ID, news);
    else if (endsInDigit.has(tag)) readNumbered(reader, news);
    else if (tag === TIMER_FIRED) readResult(reader, TIMER_ID, news);
    else if (tag === EXECUTION_STARTED) readStart(reader, news);
    else reader.skip(tag);
  }
}

function readResult(reader: WireReader, idTag: number, news: News): void {
  const end = reader.lengthEnd();
  news.results++;
  news.lastTaskId = 0;
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === idTag) news.lastTaskId = reader.varint();
    else reader.skip(tag);
  }
}

/** What has a text whose last digit says what it answers. */
const endsInDigit: ReadonlySet<number> = new Set([EVENT_RAISED, ENTITY_COMPLETED, LOCK_GRANTED]);

function readNumbered(reader: WireReader, news: News): void {
  const end = reader.lengthEnd();
  news.results++;
  while (reader.at < end) {
    const tag = reader.tag();
    reader.skip(tag);
    if (tag === NUMBERED) news.lastTaskId = (reader.bytes[reader.at - 1] ?? 0) - DIGIT_ZERO;
  }
}

function readStart(reader: WireReader, news: News): void {
  const end = reader.lengthEnd();
  news.isFirst = true;
  news.isBare = true;
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === INPUT) news.isBare = false;
    reader.skip(tag);
  }
}

function readActivity(reader: WireReader, end: number, { bytes, token }: Around): Activity {
  let id = bytes.subarray(0, 0);
  let taskId = id;
  while (reader.at < end) {
    const start = reader.at;
    const tag = reader.tag();
    if (tag === ORCHESTRATION_INSTANCE) id = readInstanceId(reader, reader.lengthEnd(), bytes);
    else {
      reader.skip(tag);
      if (tag === TASK_ID) taskId = bytes.subarray(start, reader.at);
    }
  }
  return { kind: 'activity', id, taskId, token };
}

function readBatch(reader: WireReader, end: number, { token }: Around): Batch {
  let operations = 0;
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === OPERATION_REQUEST) operations++;
    reader.skip(tag);
  }
  return { kind: 'entity', token, operations };
}

function readInstanceId(reader: WireReader, end: number, bytes: Buffer): Buffer {
  let id = bytes.subarray(0, 0);
  while (reader.at < end) {
    const start = reader.at;
    const tag = reader.tag();
    reader.skip(tag);
    if (tag === INSTANCE_ID) id = bytes.subarray(start, reader.at);
  }
  return id;
}

/** What an encoded field of at most 127 bytes says, without its tag and length. */
export function textOf(field: Buffer): string {
  return field.toString('latin1', 2);
}
