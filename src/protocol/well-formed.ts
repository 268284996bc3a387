// protobufjs reads leniently: it goes by field numbers alone, takes whatever lies there for the declared type, and
// turns invalid UTF-8 into replacement characters. What a client sends is kept for years and handed to SDKs that read
// strictly, so a message that they would choke on must be refused at the door. This walk looks at every tag, length
// and string once, without making values, and protobufjs reads what has passed.
//
// Stricter than protobuf demands, because no SDK does it and the answer would depend on the reader: two cases of one
// oneof in a message, and more values than memory is to be spent on: two bytes may be a message, whose object takes over
// a hundred. Looser: unknown fields are passed over, so that newer SDKs can talk to us. Groups are unknown to
// proto3 and refused.

import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs';
import { assert } from '../lib/assert.ts';
import { ProtocolError } from './protocol-error.ts';
import { WireReader, wireTypes } from './wire-reader.ts';

interface FieldShape {
  readonly name: string;
  readonly wireType: number;
  /** Whether many values may lie in one length-delimited run. */
  readonly packable: boolean;
  readonly content: 'text' | 'integer64' | 'message' | 'other';
  readonly message: MessageShape | undefined;
  readonly inOneof: boolean;
}

/** What the walk has to know about a message; messages refer to each other, so fields are added after the shape is made. */
export interface MessageShape {
  readonly name: string;
  readonly fields: Map<number, FieldShape>;
}

/** How deep messages may be nested in bytes of our own; SDKs refuse more, too. */
export const deepestNesting = protobuf.Reader.recursionLimit;

/** How deep in a message that comes in: it is put into others before it is kept and sent on. */
export const deepestIncomingNesting = deepestNesting - 10;

/** How many values all messages of one have together; 64 MiB of empty ones would take gigabytes when they are read. */
export const mostValues = 2_000_000;

const basic: Readonly<Record<string, number>> = protobuf.types.basic;
const packed: Readonly<Record<string, number>> = protobuf.types.packed;
const integers64: readonly string[] = ['int64', 'uint64', 'sint64'];
const shapes = new Map<protobuf.Type, MessageShape>();

/** The shape of a message type, worked out once. */
export function shapeOf(type: protobuf.Type): MessageShape {
  const known = shapes.get(type);
  if (known) return known;
  assert(type.oneofsArray.length <= 1, `${type.name} has one oneof at most`);
  const shape = { name: type.name, fields: new Map<number, FieldShape>() };
  shapes.set(type, shape);
  for (const field of type.fieldsArray) shape.fields.set(field.id, fieldShape(field));
  return shape;
}

function fieldShape(field: protobuf.Field): FieldShape {
  const value = valueShape(`${field.parent?.name ?? ''}.${field.name}`, field);
  if (!(field instanceof protobuf.MapField)) return value;
  const key = { ...value, wireType: wireTypes.bytes, content: 'text', message: undefined } as const;
  assert(field.keyType === 'string', `${value.name} has keys of text`);
  const message = {
    name: value.name,
    fields: new Map([
      [1, key],
      [2, value],
    ] as const),
  };
  return { ...value, wireType: wireTypes.bytes, content: 'message', message };
}

function valueShape(name: string, field: protobuf.Field): FieldShape {
  const { resolvedType, type, repeated, partOf } = field.resolve();
  const common = { name, inOneof: partOf !== null, message: undefined };
  if (resolvedType instanceof protobuf.Type) {
    return {
      ...common,
      wireType: wireTypes.bytes,
      packable: false,
      content: 'message',
      message: shapeOf(resolvedType),
    };
  }
  const scalar = resolvedType ? 'int32' : type;
  const content = scalar === 'string' ? 'text' : integers64.includes(scalar) ? 'integer64' : 'other';
  return {
    ...common,
    wireType: basic[scalar] ?? 0,
    packable: repeated && packed[scalar] !== undefined,
    content,
  };
}

/** Throws a `ProtocolError` unless the bytes are a message of this shape. */
export function assertWellFormed(shape: MessageShape, bytes: Uint8Array, deepest: number): void {
  walk(shape, new CountingReader(bytes), bytes.length, deepest);
}

class CountingReader extends WireReader {
  #values = 0;

  /** Counts a value that will be made. */
  count(): void {
    if (++this.#values > mostValues) throw new ProtocolError(`it has more than ${mostValues} values`);
  }
}

function walk(shape: MessageShape, reader: CountingReader, end: number, nesting: number): void {
  if (nesting < 0) throw new ProtocolError('messages are nested too deeply');
  let chosen: FieldShape | undefined;
  while (reader.at < end) {
    const tag = reader.tag();
    const field = shape.fields.get(tag >>> 3);
    if (!field) {
      reader.skip(tag);
      continue;
    }
    reader.count();
    if (field.inOneof) {
      if (chosen && chosen !== field) {
        throw new ProtocolError(`${chosen.name} and ${field.name} exclude each other`);
      }
      chosen = field;
    }
    checkValue(field, reader, tag, nesting);
  }
  if (reader.at !== end) throw new ProtocolError(`${shape.name} is cut short`);
}

function checkValue(field: FieldShape, reader: CountingReader, tag: number, nesting: number): void {
  const wireType = tag & 7;
  if (wireType !== field.wireType) {
    if (!field.packable || wireType !== wireTypes.bytes) {
      throw new ProtocolError(`${field.name} has wire type ${wireType} instead of ${field.wireType}`);
    }
    checkPacked(field, reader);
  } else if (field.content === 'text') {
    const end = reader.lengthEnd();
    if (!isText(reader.bytes, reader.at, end)) throw new ProtocolError(`${field.name} is not valid UTF-8`);
    reader.at = end;
  } else if (field.message) walk(field.message, reader, reader.lengthEnd(), nesting - 1);
  else if (field.content === 'integer64') reader.varint();
  else reader.skip(tag);
}

function checkPacked(field: FieldShape, reader: CountingReader): void {
  const end = reader.lengthEnd();
  while (reader.at < end) {
    reader.count();
    reader.skip(field.wireType);
  }
  if (reader.at !== end) throw new ProtocolError(`${field.name} is cut short`);
}

/** Most strings are short ASCII: looking at them costs less than asking for a view of them. */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 64) return isUtf8(bytes.subarray(start, end));
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 127) return isUtf8(bytes.subarray(start, end));
  return true;
}
