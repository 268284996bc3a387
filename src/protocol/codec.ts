import type { MessageTypeDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { type ProtoGrpcType as Admin } from './generated/admin.ts';
import { type ProtoGrpcType as Sidecar } from './generated/orchestrator_service.ts';
import { type AnyHistoryEvent, type RefinedMessages } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';
import { schema } from './schema.ts';
import { ScratchWriter } from './scratch-writer.ts';
import {
  assertWellFormed,
  deepestIncomingNesting,
  deepestNesting,
  type MessageShape,
  shapeOf,
} from './well-formed.ts';

type Definitions = Omit<
  Sidecar,
  'google' | 'OrchestrationStatus' | 'TaskHubSidecarService' | 'WorkerCapability'
> & {
  readonly [Name in Exclude<keyof AdminPackage, 'Admin'> as `perdura.v1.${Name}`]: AdminPackage[Name];
};
type AdminPackage = Admin['perdura']['v1'];

/** The name of a message of our .proto files. */
export type MessageName = keyof Definitions;

/** What `encode` takes: every field may be left out. */
export type MessageInput<Name extends MessageName> =
  Definitions[Name] extends MessageTypeDefinition<infer Input, unknown> ? Input & object : never;

/** What `decode` gives: scalars are always there, absent messages are null, absent oneof cases are missing. */
export type Message<Name extends MessageName> = Name extends keyof RefinedMessages
  ? RefinedMessages[Name]
  : Definitions[Name] extends MessageTypeDefinition<never, infer Output>
    ? Output
    : never;

/** The options that the generated types were made with. */
export const conversion = { longs: Number, enums: String, defaults: true, oneofs: true } as const;

interface KnownType {
  readonly type: protobuf.Type;
  readonly shape: MessageShape;
  /** Fields that hold enums, however deep: `fromObject` makes numbers of their names before they can be written. */
  readonly enumFields: ReadonlySet<string>;
}

const types = new Map<MessageName, KnownType>();

function typeOf(name: MessageName): KnownType {
  const known = types.get(name);
  if (known) return known;
  const type = schema.lookupType(name);
  const enumFields = type.fieldsArray.filter((field) => holdsEnum(field, new Set()));
  const found = { type, shape: shapeOf(type), enumFields: new Set(enumFields.map((field) => field.name)) };
  types.set(name, found);
  return found;
}

function holdsEnum(field: protobuf.Field, seen: Set<protobuf.Type>): boolean {
  const { resolvedType } = field.resolve();
  if (!(resolvedType instanceof protobuf.Type)) return resolvedType !== null;
  if (seen.has(resolvedType)) return false;
  seen.add(resolvedType);
  return resolvedType.fieldsArray.some((inner) => holdsEnum(inner, seen));
}

const scratch = new ScratchWriter();

function encode<Name extends MessageName>(name: Name, message: MessageInput<Name>): Buffer {
  const { type, enumFields } = typeOf(name);
  const written = setsAny(message, enumFields) ? type.fromObject(message) : message;
  type.encode(written, scratch.begin() as unknown as protobuf.Writer);
  const bytes = scratch.finish() ?? type.encode(written).finish();
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
}

function setsAny(message: object, fields: ReadonlySet<string>): boolean {
  for (const field in message) {
    if (fields.has(field) && (message as Readonly<Record<string, unknown>>)[field] !== null) return true;
  }
  return false;
}

/** Throws a `ProtocolError` for bytes that aren't such a message. Enum numbers that we don't know stay numbers. */
function decode<Name extends MessageName>(name: Name, bytes: Uint8Array): Message<Name> {
  return read(name, bytes, deepestIncomingNesting) as Message<Name>;
}

function read(name: MessageName, bytes: Uint8Array, deepest: number): unknown {
  const { type, shape } = typeOf(name);
  try {
    assertWellFormed(shape, bytes, deepest);
    return type.toObject(type.decode(bytes), conversion);
  } catch (cause) {
    const reason = cause instanceof ProtocolError ? cause.message : 'it is not protobuf';
    throw new ProtocolError(`invalid ${name}: ${reason}`, { cause });
  }
}

/** Turns messages into bytes and back. A value, so that the domain can use it without knowing protobufjs. */
export const codec = {
  encode,
  decode,
  encodeEvent: (event: MessageInput<'HistoryEvent'>): Buffer => encode('HistoryEvent', event),
  /** Reads an event that was kept; what is inside may lie deeper than in the message that it came with. */
  decodeEvent: (bytes: Uint8Array): AnyHistoryEvent =>
    read('HistoryEvent', bytes, deepestNesting) as AnyHistoryEvent,
};

export type Codec = Readonly<typeof codec>;
