// History as bytes. An event is encoded once, when it comes into being, and from then on copied: decoding and encoding
// a long history for every turn would cost more than everything else that a turn does.
//
// This is possible because protobuf writes a repeated message as `tag | length | bytes` per element, one after the
// other, and a message is nothing but its fields one after the other. We call `tag | length | bytes` a frame. The same
// event lies in three places, and its frame differs only in the tag, which is one byte in each:
//
//   PAST   OrchestratorRequest.pastEvents (field 3)   and the rows in which history is stored
//   NEW    OrchestratorRequest.newEvents  (field 4)   what a turn brings
//   CHUNK  HistoryChunk.events            (field 1)   what StreamInstanceHistory sends
//
// So the frames of a stored row, copied as they are, are a piece of a work item, and with other tags a history chunk.
// A work item around them is made by writing the few other fields before and after, in the order of their numbers, in
// one allocation. What is done here byte by byte must be what the codec makes of the same message: framing.test.ts
// compares the two.
//
// Everything here trusts its input: frames come from this file, events from the codec. Bytes that can't be walked
// throw a `ProtocolError`, which then means that what was stored is damaged.

import { type Timestamp } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';
import { WireReader, wireTypes } from './wire-reader.ts';

export const PAST = 0x1a;
export const NEW = 0x22;
export const CHUNK = 0x0a;
export type FrameTag = typeof PAST | typeof NEW | typeof CHUNK;

/** A turn that is to be sent. */
export interface OrchestratorItem {
  readonly instanceId: string;
  readonly executionId: string;
  /** Stored rows: frames with the tag PAST. */
  readonly past: readonly Buffer[];
  /** Frames with the tag NEW. */
  readonly next: Buffer;
  readonly token: string;
  /** Encoded OrchestrationTraceContext. */
  readonly traceContext?: Buffer;
  /** Whether the worker reads the past by StreamInstanceHistory; then it isn't put in. */
  readonly streaming: boolean;
}

/** One event with its tag and length. */
export function frame(event: Buffer, tag: FrameTag): Buffer {
  return frameAll([event], tag);
}

/** Many events, each with its tag and length. */
export function frameAll(events: readonly Buffer[], tag: FrameTag): Buffer {
  let size = 0;
  for (const event of events) size += fieldSize(event.length);
  const frames = Buffer.allocUnsafe(size);
  let at = 0;
  for (const event of events) at = writeBytes(frames, at, tag, event);
  return frames;
}

/** A copy of the frames with another tag on each. */
export function retag(frames: Buffer, tag: FrameTag): Buffer {
  const copy = Buffer.from(frames);
  for (const { start } of framesOf(frames)) copy[start] = tag;
  return copy;
}

/** The events in the frames; views of the same memory. */
export function unframe(frames: Buffer): Buffer[] {
  return Array.from(framesOf(frames), ({ content, end }) => frames.subarray(content, end));
}

/** The frames of all events but ExecutionRewound, which readers see and workers must not (contract §1 rule 5). */
export function withoutRewinds(frames: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (const { start, content, end } of framesOf(frames)) {
    if (!carries(frames.subarray(content, end), EVENT_REWOUND)) kept.push(frames.subarray(start, end));
  }
  return Buffer.concat(kept);
}

/**
 * The first row of a history as its readers see it: ExecutionStarted has the event id 0, which DTS shows and the official
 * export suite expects. Workers get −1, as of every event that the server makes (contract §1 rule 1).
 */
export function withStartId0(frames: Buffer): Buffer {
  const shown: Buffer[] = [];
  for (const { start, content, end } of framesOf(frames)) {
    const event = frames.subarray(content, end);
    shown.push(
      carries(event, EXECUTION_STARTED) ? frame(withoutId(event), PAST) : frames.subarray(start, end),
    );
  }
  return Buffer.concat(shown);
}

/** An event without the field in which its id stands first. */
function withoutId(event: Buffer): Buffer {
  const reader = new WireReader(event);
  const tag = reader.tag();
  if (tag !== EVENT_ID) return event;
  reader.skip(tag);
  return event.subarray(reader.at);
}

function carries(event: Buffer, field: number): boolean {
  const reader = new WireReader(event);
  while (reader.at < event.length) {
    const tag = reader.tag();
    if (tag === field) return true;
    reader.skip(tag);
  }
  return false;
}

/** All the frames with another tag, in pieces of at most so many bytes; a frame that is larger is a piece of its own. */
export function splitFrames(rows: readonly Buffer[], tag: FrameTag, maxBytes: number): Buffer[] {
  const pieces: Buffer[] = [];
  let piece: Buffer[] = [];
  let size = 0;
  const finish = (): void => {
    if (size > 0) pieces.push(retag(Buffer.concat(piece, size), tag));
    piece = [];
    size = 0;
  };
  for (const row of rows) {
    let from = 0;
    for (const { start, end } of framesOf(row)) {
      if (size + end - from > maxBytes) {
        piece.push(row.subarray(from, start));
        size += start - from;
        finish();
        from = start;
      }
    }
    piece.push(row.subarray(from));
    size += row.length - from;
  }
  finish();
  return pieces;
}

/** An encoded WorkItem with an OrchestratorRequest. */
export function orchestratorWorkItem(item: OrchestratorItem): Buffer {
  const sizes = sizesOf(item);
  const bytes = Buffer.allocUnsafe(sizes.workItem);
  let at = writeHead(bytes, 0, ORCHESTRATOR_REQUEST, sizes.request);
  at = writeText(bytes, at, INSTANCE_ID, item.instanceId);
  at = writeHead(bytes, at, EXECUTION_ID, sizes.executionId);
  at = writeText(bytes, at, WRAPPED_VALUE, item.executionId);
  if (!item.streaming) for (const row of item.past) at += row.copy(bytes, at);
  at += item.next.copy(bytes, at);
  at += ENTITY_PARAMETERS.copy(bytes, at);
  if (item.streaming) at += REQUIRES_HISTORY_STREAMING.copy(bytes, at);
  if (item.traceContext) at = writeBytes(bytes, at, TRACE_CONTEXT, item.traceContext);
  writeText(bytes, at, COMPLETION_TOKEN, item.token);
  return bytes;
}

/** The bytes that `orchestratorWorkItem` would make. */
export function sizeOfOrchestratorWorkItem(item: OrchestratorItem): number {
  return sizesOf(item).workItem;
}

/** A batch of operations that is to be sent. */
export interface EntityItem {
  readonly instanceId: string;
  readonly executionId: string;
  readonly state: string | null;
  /** Encoded history events. */
  readonly operations: readonly Buffer[];
  readonly token: string;
}

/** An encoded WorkItem with an EntityRequest, as the scheduler sends it (entities §1.3). */
export function entityWorkItem({ instanceId, executionId, state, operations, token }: EntityItem): Buffer {
  const stateSize = state === null ? 0 : textSize(state);
  let request = textSize(instanceId) + textSize(executionId);
  if (state !== null) request += fieldSize(stateSize);
  for (const operation of operations) request += fieldSize(operation.length);
  const bytes = Buffer.allocUnsafe(fieldSize(request) + textSize(token));
  let at = writeHead(bytes, 0, ENTITY_REQUEST, request);
  at = writeText(bytes, at, INSTANCE_ID, instanceId);
  at = writeText(bytes, at, EXECUTION_ID, executionId);
  if (state !== null) {
    at = writeHead(bytes, at, ENTITY_STATE, stateSize);
    at = writeText(bytes, at, WRAPPED_VALUE, state);
  }
  for (const operation of operations) at = writeBytes(bytes, at, OPERATION_REQUEST, operation);
  writeText(bytes, at, COMPLETION_TOKEN, token);
  return bytes;
}

/** An encoded WorkItem with an encoded ActivityRequest. */
export function activityWorkItem(request: Buffer, token: string): Buffer {
  const bytes = Buffer.allocUnsafe(fieldSize(request.length) + textSize(token));
  const at = writeBytes(bytes, 0, ACTIVITY_REQUEST, request);
  writeText(bytes, at, COMPLETION_TOKEN, token);
  return bytes;
}

/** The id of the instance that an encoded ActivityRequest is for. */
export function activityInstanceId(request: Buffer): string {
  const instance = fieldOf(request, ORCHESTRATION_INSTANCE);
  return (instance && fieldOf(instance, INSTANCE_ID))?.toString() ?? '';
}

function fieldOf(message: Buffer, wanted: number): Buffer | undefined {
  const reader = new WireReader(message);
  while (reader.at < message.length) {
    const tag = reader.tag();
    if (tag === wanted) {
      const end = reader.lengthEnd();
      return message.subarray(reader.at, end);
    }
    reader.skip(tag);
  }
  return undefined;
}

/** An encoded WorkItem with a HealthPing. */
export const healthPing: Buffer = Buffer.from([0x22, 0]);

/** Any encoded message without a field that is set. */
export const emptyMessage: Buffer = Buffer.alloc(0);

/** The timestamp of an encoded HistoryEvent, without reading the rest; undefined when it has none. */
export function eventTimestamp(event: Buffer): Timestamp | undefined {
  const reader = new WireReader(event);
  while (reader.at < event.length) {
    const tag = reader.tag();
    if (tag === EVENT_TIMESTAMP) return readTimestamp(reader, reader.lengthEnd());
    reader.skip(tag);
  }
  return undefined;
}

// Tags: field number * 8 + wire type, 2 for what has a length. Those that have a constant value are written with it.
const ORCHESTRATOR_REQUEST = 0x0a; // WorkItem.orchestratorRequest = 1
const ACTIVITY_REQUEST = 0x12; // WorkItem.activityRequest = 2
const ENTITY_REQUEST = 0x2a; // WorkItem.entityRequestV2 = 5
const ENTITY_STATE = 0x1a; // EntityRequest.entityState = 3
const OPERATION_REQUEST = 0x22; // EntityRequest.operationRequests = 4
const COMPLETION_TOKEN = 0x52; // WorkItem.completionToken = 10
const INSTANCE_ID = 0x0a; // instanceId = 1 of OrchestratorRequest, OrchestrationInstance and EntityRequest
const ORCHESTRATION_INSTANCE = 0x22; // ActivityRequest.orchestrationInstance = 4
const EXECUTION_ID = 0x12; // executionId = 2 of OrchestratorRequest and EntityRequest
const ENTITY_PARAMETERS = Buffer.from([0x2a, 2, 0x0a, 0]); // OrchestratorRequest.entityParameters = 5: a zero Duration
const REQUIRES_HISTORY_STREAMING = Buffer.from([0x30, 1]); // OrchestratorRequest.requiresHistoryStreaming = 6: true
const TRACE_CONTEXT = 0x42; // OrchestratorRequest.orchestrationTraceContext = 8
const WRAPPED_VALUE = 0x0a; // StringValue.value = 1
const EVENT_ID = 0x08; // HistoryEvent.eventId = 1
const EVENT_TIMESTAMP = 0x12; // HistoryEvent.timestamp = 2
const EXECUTION_STARTED = 0x1a; // HistoryEvent.executionStarted = 3
const EVENT_REWOUND = 0xf2; // HistoryEvent.executionRewound = 30

function* framesOf(frames: Buffer): Generator<{ start: number; content: number; end: number }> {
  const reader = new WireReader(frames);
  while (reader.at < frames.length) {
    const start = reader.at;
    if (((frames[start] ?? 0) & 7) !== wireTypes.bytes) {
      throw new ProtocolError('a frame has an impossible tag');
    }
    reader.at++;
    const end = reader.lengthEnd();
    yield { start, content: reader.at, end };
    reader.at = end;
  }
}

function readTimestamp(reader: WireReader, end: number): Timestamp {
  const timestamp = { seconds: 0, nanos: 0 };
  while (reader.at < end) {
    const tag = reader.tag();
    if (tag === 0x08) timestamp.seconds = reader.varint();
    else if (tag === 0x10) timestamp.nanos = reader.varint();
    else reader.skip(tag);
  }
  return timestamp;
}

function sizesOf(item: OrchestratorItem): { workItem: number; request: number; executionId: number } {
  const executionId = textSize(item.executionId);
  let request =
    textSize(item.instanceId) + fieldSize(executionId) + item.next.length + ENTITY_PARAMETERS.length;
  if (item.streaming) request += REQUIRES_HISTORY_STREAMING.length;
  else for (const row of item.past) request += row.length;
  if (item.traceContext) request += fieldSize(item.traceContext.length);
  return { workItem: fieldSize(request) + textSize(item.token), request, executionId };
}

function textSize(text: string): number {
  return fieldSize(Buffer.byteLength(text));
}

/** The size of a field with a tag of one byte and so many bytes of content. */
function fieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeText(bytes: Buffer, at: number, tag: number, text: string): number {
  const start = writeHead(bytes, at, tag, Buffer.byteLength(text));
  return start + bytes.write(text, start);
}

function writeBytes(bytes: Buffer, at: number, tag: number, content: Buffer): number {
  const start = writeHead(bytes, at, tag, content.length);
  return start + content.copy(bytes, start);
}

function writeHead(bytes: Buffer, at: number, tag: number, length: number): number {
  bytes[at++] = tag;
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) + 128;
  bytes[at++] = rest;
  return at;
}
