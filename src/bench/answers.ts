// The calls of the load worker, written byte by byte around fields that were encoded once. A message on the wire has
// five bytes in front: that it isn't compressed, and its length.

import { limits } from '../domain/limits.ts';
import { activityResult, entityState, instanceToStart, operationResult } from './script.ts';
import { type Activity, type Batch, type Turn } from './work-item.ts';

/** What comes before every message of a gRPC call. */
export const PREFIX_BYTES = 5;

const INSTANCE_ID = 0x0a; // instanceId = 1 of CreateInstanceRequest, GetInstanceRequest and RaiseEventRequest
const TASK_ID = 0x10; // ActivityResponse.taskId = 2
const ORCHESTRATOR_TOKEN = 0x22; // OrchestratorResponse.completionToken = 4
const ACTIVITY_TOKEN = 0x2a; // ActivityResponse.completionToken = 5
const BATCH_TOKEN = 0x2a; // EntityBatchResult.completionToken = 5

/** An OrchestratorResponse, with its prefix. Of the actions' fields, and the ids and tokens of work items. */
export function turnAnswer({ id, token }: Turn, actions: Buffer): Buffer {
  const { bytes, starts } = join([id, actions, token]);
  bytes[starts[2] ?? 0] = ORCHESTRATOR_TOKEN;
  return bytes;
}

/** An ActivityResponse, with its prefix. */
export function activityAnswer({ id, taskId, token }: Activity): Buffer {
  const { bytes, starts } = join([id, taskId, activityResult, token]);
  bytes[starts[1] ?? 0] = TASK_ID;
  bytes[starts[3] ?? 0] = ACTIVITY_TOKEN;
  return bytes;
}

/** An EntityBatchResult, with its prefix: the same state ever again, and a result for each operation. */
export function batchAnswer({ operations, token }: Batch): Buffer {
  const results = operationResults.subarray(0, operations * operationResult.length);
  const { bytes, starts } = join([results, entityState, token]);
  bytes[starts[2] ?? 0] = BATCH_TOKEN;
  return bytes;
}

const operationResults = Buffer.concat(Array.from({ length: limits.entityBatch }, () => operationResult));

/** A CreateInstanceRequest, with its prefix. */
export function startRequest(instanceId: string): Buffer {
  return join([idField(instanceId), instanceToStart]).bytes;
}

/** A GetInstanceRequest without the payloads, with its prefix. */
export function waitRequest(instanceId: string): Buffer {
  return join([idField(instanceId)]).bytes;
}

/** A RaiseEventRequest, with its prefix, for the instance of a turn. */
export function raiseRequest({ id }: Turn, event: Buffer): Buffer {
  return join([id, event]).bytes;
}

/** Any encoded message, with its prefix. */
export function prefixed(message: Buffer): Buffer {
  return join([message]).bytes;
}

/** An instance id of at most 127 ASCII letters. */
function idField(instanceId: string): Buffer {
  const field = Buffer.allocUnsafe(2 + instanceId.length);
  field[0] = INSTANCE_ID;
  field[1] = field.write(instanceId, 2, 'latin1');
  return field;
}

function join(fields: readonly Buffer[]): { readonly bytes: Buffer; readonly starts: readonly number[] } {
  let size = PREFIX_BYTES;
  for (const field of fields) size += field.length;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = 0;
  bytes.writeUInt32BE(size - PREFIX_BYTES, 1);
  let at = PREFIX_BYTES;
  const starts = fields.map((field) => {
    const start = at;
    at += field.copy(bytes, start);
    return start;
  });
  return { bytes, starts };
}
