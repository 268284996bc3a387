// Random messages of any type of our .proto files, by what the types say of themselves.

import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { codec, type MessageInput, type MessageName } from '../../src/protocol/codec.ts';
import { schema } from '../../src/protocol/schema.ts';
import { wireText } from './fuzz.ts';

type Fields = Readonly<Record<string, unknown>>;

const DEEPEST = 4;

/** Makes messages; `texts` says what is in their texts, by the name of the field. */
export class RandomMessages {
  readonly #texts: (field: string) => fc.Arbitrary<string>;
  readonly #known = new Map<string, fc.Arbitrary<Fields>>();

  constructor(texts: (field: string) => fc.Arbitrary<string> = () => wireText) {
    this.#texts = texts;
  }

  /** An encoded message of that type. */
  bytes(name: MessageName): fc.Arbitrary<Buffer> {
    const fields = this.#message(schema.lookupType(name), DEEPEST);
    return fields.map((message) => codec.encode(name, message as MessageInput<MessageName>));
  }

  #message(type: protobuf.Type, depth: number): fc.Arbitrary<Fields> {
    const key = `${type.fullName} ${depth}`;
    const known = this.#known.get(key);
    if (known) return known;
    const made = this.#make(type, depth);
    this.#known.set(key, made);
    return made;
  }

  #make(type: protobuf.Type, depth: number): fc.Arbitrary<Fields> {
    const fields = type.fieldsArray.filter(
      (field) => depth > 0 || !(field.resolve().resolvedType instanceof protobuf.Type),
    );
    const apart = fields.filter((field) => field.partOf === null);
    const record = Object.fromEntries(apart.map((field) => [field.name, this.#value(field, depth)]));
    const plain: fc.Arbitrary<Fields> = fc.record(record, { requiredKeys: [] });
    const cases = fields
      .filter((field) => field.partOf !== null)
      .map((field) => this.#value(field, depth).map((value): Fields => ({ [field.name]: value })));
    if (cases.length === 0) return plain;
    return fc.tuple(plain, fc.oneof(...cases)).map(([others, chosen]) => ({ ...others, ...chosen }));
  }

  #value(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
    const one = this.#single(field, depth);
    if (field instanceof protobuf.MapField) {
      return fc
        .array(fc.tuple(wireText, one), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries));
    }
    return field.repeated ? fc.array(one, { maxLength: 3 }) : one;
  }

  #single(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
    const { resolvedType, type, name } = field.resolve();
    if (resolvedType instanceof protobuf.Type) return this.#message(resolvedType, depth - 1);
    if (resolvedType) return fc.oneof(fc.constantFrom(...Object.values(resolvedType.values)), fc.integer());
    return scalars[type] ?? this.#texts(name);
  }
}

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int32: fc.integer(),
  int64: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 0, max: 4_102_444_800 })),
  double: fc.double(),
};
