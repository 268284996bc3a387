import { type Value } from '../protocol/generated/google/protobuf/Value.ts';
import { isoTime } from './moments.ts';

/**
 * A message of the protocol as JSON that is pleasant to query: times as ISO text, wrappers as what they hold, statuses
 * without their prefix, fields that are absent as null. Payloads stay the text that they are.
 */
export function toJson(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(toJson);
  if (typeof message !== 'object' || message === null) return message;
  if (isTimestamp(message)) return isoTime(message);
  const fields = Object.entries(message);
  const [first] = fields;
  if (fields.length === 1 && first?.[0] === 'value') return first[1];
  return Object.fromEntries(fields.map(([name, value]) => [name, fieldToJson(name, value)]));
}

/** Maps have keys that users chose, which mean nothing here. */
function fieldToJson(name: string, value: unknown): unknown {
  if (name === 'tags') return value;
  if (name === 'properties') return mapValues(value as Readonly<Record<string, Value>>);
  if (name === 'orchestrationStatus') return statusText(String(value));
  return toJson(value);
}

/** `ORCHESTRATION_STATUS_RUNNING` → `RUNNING`. */
export function statusText(status: string): string {
  return status.replace(/^ORCHESTRATION_STATUS_/, '');
}

function isTimestamp(message: object): message is { seconds: number; nanos: number } {
  return 'seconds' in message && 'nanos' in message;
}

function mapValues(fields: Readonly<Record<string, Value>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

/** The JSON value that a google.protobuf.Value stands for. */
function plain(value: Value): unknown {
  switch (value.kind) {
    case 'structValue':
      return mapValues(value.structValue?.fields ?? {});
    case 'listValue':
      return (value.listValue?.values ?? []).map(plain);
    case 'nullValue':
    case undefined:
      return null;
    default:
      return value[value.kind];
  }
}
