import type { MessageTypeDefinition } from '@grpc/proto-loader';
import type protobuf from 'protobufjs';
import { type ProtoGrpcType as Admin } from './generated/admin.ts';
import { type ProtoGrpcType as Sidecar } from './generated/orchestrator_service.ts';
import { type AnyHistoryEvent, type RefinedMessages } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';
import { schema } from './schema.ts';
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

const types = new Map<MessageName, { readonly type: protobuf.Type; readonly shape: MessageShape }>();

function typeOf(name: MessageName): { readonly type: protobuf.Type; readonly shape: MessageShape } {
  const known = types.get(name);
  if (known) return known;
  const type = schema.lookupType(name);
  const found = { type, shape: shapeOf(type) };
  types.set(name, found);
  return found;
}

function encode<Name extends MessageName>(name: Name, message: MessageInput<Name>): Buffer {
  const { type } = typeOf(name);
  const bytes = type.encode(type.fromObject(message)).finish();
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
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
