import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { codec } from '../../src/protocol/codec.ts';
import { schema, serviceName } from '../../src/protocol/schema.ts';
import { accessorName, isClass, theirClass, theirMethods, theirs } from './npm-package.ts';
import { call, type Sample, sampleField, type SampleMessage, sampleMessage, theirSample } from './samples.ts';

// The npm package carries no descriptors, only classes that its generator made. So every field of every message is
// sent through them, in both directions, and the methods that they have for fields are compared with our fields.

/** The codec for messages whose names are known only at run time. */
const anyCodec = codec as unknown as {
  readonly encode: (name: string, message: SampleMessage) => Buffer;
  readonly decode: (name: string, bytes: Uint8Array) => Readonly<Record<string, unknown>>;
};
const ourTypes = schema.nestedArray.filter((nested) => nested instanceof protobuf.Type);
const ourEnums = schema.nestedArray.filter((nested) => nested instanceof protobuf.Enum);

/** Sends a message to them and back, and has them make the same message by themselves. */
function expectAgreement(type: protobuf.Type, sample: SampleMessage): void {
  const bytes = anyCodec.encode(type.name, sample);
  const expected = anyCodec.decode(type.name, bytes);
  const received = theirClass(type.fullName).deserializeBinary(bytes);
  expect(anyCodec.decode(type.name, received.serializeBinary())).toEqual(expected);
  expect(anyCodec.decode(type.name, theirSample(type, sample).serializeBinary())).toEqual(expected);
}

/** What a field can hold: one sample, or one for every value of an enum. */
function samplesOf(field: protobuf.Field): Sample[] {
  const { resolvedType } = field.resolve();
  if (!(resolvedType instanceof protobuf.Enum)) return [sampleField(field)];
  const names = Object.keys(resolvedType.values);
  return field.repeated ? [names] : names;
}

/** The methods by which fields of a class are set or, for maps, reached. */
function theirAccessors(fullName: string): string[] {
  const { prototype } = theirClass(fullName) as unknown as { readonly prototype: object };
  return Object.getOwnPropertyNames(prototype).filter((name) => /^set|^get.*Map$/.test(name));
}

function ourAccessor(field: protobuf.Field): string {
  const name = accessorName(field.parent?.fullName ?? '', field.name);
  if (field instanceof protobuf.MapField) return `get${name}Map`;
  return field.repeated ? `set${name}List` : `set${name}`;
}

describe.each(ourTypes.map((type) => [type.name, type] as const))('%s', (_name, type) => {
  test('has the fields that the package has, each singular, repeated or a map as there', () => {
    expect(theirAccessors(type.fullName).toSorted()).toEqual(type.fieldsArray.map(ourAccessor).toSorted());
    const repeated = type.fieldsArray.filter((field) => field.repeated).map((field) => field.id);
    expect(theirClass(type.fullName).repeatedFields_ ?? []).toEqual(repeated.toSorted((a, b) => a - b));
  });

  test('has the oneofs that the package has, of the same fields', () => {
    const groups = type.oneofsArray.map((oneof) =>
      oneof.fieldsArray.map((field) => field.id).toSorted((a, b) => a - b),
    );
    expect(theirClass(type.fullName).oneofGroups_ ?? []).toEqual(groups);
    for (const oneof of type.oneofsArray) {
      for (const field of oneof.fieldsArray) {
        const message = theirSample(type, { [field.name]: sampleField(field) });
        expect(call(message, `get${accessorName(type.fullName, oneof.name)}Case`)).toBe(field.id);
      }
    }
  });

  test('means the same there and here with every field set', () => {
    expectAgreement(type, sampleMessage(type));
  });

  test('means the same there and here with none set', () => {
    expectAgreement(type, {});
  });

  if (type.fieldsArray.length > 0) {
    test.each(type.fieldsArray.map((field) => [field.name, field] as const))(
      'means the same there and here with only %s set',
      (name, field) => {
        for (const sample of samplesOf(field)) {
          expectAgreement(type, { [name]: sample });
          const message = { [name]: sample };
          expect(anyCodec.decode(type.name, anyCodec.encode(type.name, message))).toMatchObject(message);
        }
      },
    );
  }
});

test('the package has the messages and enums that we have, and no other', () => {
  const names = [...ourTypes, ...ourEnums].map(({ name }) => name);
  expect(Object.keys(theirs).toSorted()).toEqual(names.toSorted());
});

test.each(ourEnums.map((ours) => [ours.name, ours] as const))(
  '%s has the values that the package has',
  (name, ours) => {
    expect(isClass(theirs[name])).toBe(false);
    expect(theirs[name]).toEqual({ ...ours.values });
  },
);

test('the service has the rpcs that the package has, with the same types', () => {
  const { methodsArray } = schema.lookupService(serviceName);
  const ours = methodsArray.map((method) => ({
    path: `/${serviceName}/${method.name}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestType: theirClass(method.resolvedRequestType?.fullName ?? ''),
    responseType: theirClass(method.resolvedResponseType?.fullName ?? ''),
  }));
  const byPath = (a: { path: string }, b: { path: string }): number => a.path.localeCompare(b.path);
  const published = theirMethods.map(
    ({ path, requestStream, responseStream, requestType, responseType }) => ({
      ...{ path, requestStream, responseStream, requestType, responseType },
    }),
  );
  expect(ours.toSorted(byPath)).toEqual(published.toSorted(byPath));
});
