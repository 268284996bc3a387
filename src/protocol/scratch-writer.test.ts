import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { codec, type MessageInput, type MessageName } from './codec.ts';
import { schema } from './schema.ts';
import { ScratchWriter } from './scratch-writer.ts';

/** What protobufjs makes of the same message by itself. */
function reference(name: MessageName, message: object): Buffer {
  const type = schema.lookupType(name);
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

const ownTypes = [schema, schema.define('perdura.v1')]
  .flatMap(({ nestedArray }) => nestedArray)
  .filter((nested) => nested instanceof protobuf.Type);
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', 'é', '€'), maxLength: 60 }),
  fc.constantFrom('', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(39), 'é'.repeat(64), 'x'.repeat(20_000)),
);
const integers = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31)));
const longs = fc.oneof(fc.maxSafeInteger(), integers, fc.constantFrom(2 ** 32 - 1, 2 ** 32, 1.5, -1.5));
const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...{
    string: texts,
    int32: integers,
    int64: fc.oneof(
      longs,
      longs.map((n) => String(Math.trunc(n))),
    ),
  },
  ...{ bool: fc.boolean(), double: fc.double() },
};

/** Any message of the type, as callers write them or as they come from `decode`: with nulls, and names of oneofs. */
function messagesOf(type: protobuf.Type, depth: number): fc.Arbitrary<object> {
  const fields = type.fieldsArray.map((field) => [field.name, valuesOf(field.resolve(), depth)] as const);
  const noise = {
    ignored: fc.constant('?'),
    ...(type.oneofsArray[0] && { [type.oneofsArray[0].name]: texts }),
  };
  return fc.record({ ...noise, ...Object.fromEntries(fields) }, { requiredKeys: [] });
}

function valuesOf(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const value = valueOf(field, depth);
  if (field instanceof protobuf.MapField) {
    return fc.dictionary(fc.oneof(texts, fc.constant('__proto__')), value, { maxKeys: 2 });
  }
  if (field.repeated) return fc.array(value, { maxLength: 2 });
  return fc.oneof(value, fc.constantFrom(null, undefined));
}

function valueOf({ resolvedType, type }: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  if (resolvedType instanceof protobuf.Enum) {
    return fc.constantFrom<string | number>(...Object.keys(resolvedType.values), 0, 77);
  }
  if (!resolvedType) return scalars[type] ?? fc.constant(undefined);
  return depth === 0 ? fc.constant({}) : messagesOf(resolvedType, depth - 1);
}

describe('an encoded message', () => {
  test.each(ownTypes.map((type) => [type.fullName.slice(1), type] as const))(
    'has the bytes that protobufjs makes by itself: %s',
    (name, type) => {
      fc.assert(
        fc.property(messagesOf(type, 3), (message) => {
          const bytes = codec.encode(name as MessageName, message);
          expect(bytes.equals(reference(name as MessageName, message))).toBe(true);
        }),
        { numRuns: 50 },
      );
    },
  );

  test.each([0, 1, 32_750, 32_760, 32_768, 40_000, 1_000_000])(
    'may be as long as it is (case %#)',
    (length) => {
      for (const text of ['x', 'é']) {
        const message = { eventRaised: { name: 'a', input: { value: text.repeat(length) } } };
        expect(codec.encodeEvent(message).equals(reference('HistoryEvent', message))).toBe(true);
      }
    },
  );

  test('fits to the last byte', () => {
    const message = { taskCompleted: { taskScheduledId: 1, result: { value: '' } } };
    for (let length = 32_700; length <= 32_800; length++) {
      message.taskCompleted.result.value = 'x'.repeat(length);
      expect(codec.encodeEvent(message).equals(reference('HistoryEvent', message))).toBe(true);
    }
  });

  test('is its own, whatever is encoded after it', () => {
    const first = codec.encode('GetInstanceRequest', { instanceId: 'first' });
    const copy = Buffer.from(first);
    codec.encode('GetInstanceRequest', { instanceId: 'other' });
    expect(first).toEqual(copy);
  });

  test('is not spoilt by one that could not be encoded', () => {
    const wrong = { taskCompleted: { result: { value: 5 } } } as unknown as MessageInput<'HistoryEvent'>;
    expect(() => codec.encodeEvent(wrong)).toThrow();
    const message = { eventId: 7, taskCompleted: { taskScheduledId: 1 } };
    expect(codec.encodeEvent(message).equals(reference('HistoryEvent', message))).toBe(true);
  });
});

test('every kind of value in our messages can be written', () => {
  const seen = new Set<protobuf.Type>();
  const kindsOf = (type: protobuf.Type): string[] => {
    if (seen.has(type)) return [];
    seen.add(type);
    return type.fieldsArray.flatMap(({ resolvedType, type: scalar }) => {
      if (resolvedType instanceof protobuf.Type) return kindsOf(resolvedType);
      return resolvedType ? ['int32'] : [scalar];
    });
  };
  const kinds = new Set(ownTypes.flatMap(kindsOf));
  for (const kind of kinds) expect(ScratchWriter.prototype).toHaveProperty(kind);
});
