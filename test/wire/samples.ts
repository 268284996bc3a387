import protobuf from 'protobufjs';
import { accessorName, theirClass, type TheirMessage } from './npm-package.ts';

/** A sample of a field: as our codec takes it. Every value differs from its default. */
export type Sample = string | number | boolean | SampleMessage | Sample[];
export interface SampleMessage {
  [field: string]: Sample;
}

/** Messages that hold themselves end here. */
const deepest = 4;

/** A message with every field set, and of every oneof the case that `choose` picks. */
export function sampleMessage(type: protobuf.Type, depth = 0): SampleMessage {
  const message: SampleMessage = {};
  if (depth >= deepest) return message;
  for (const field of type.fieldsArray) {
    const cases = field.partOf?.fieldsArray ?? [];
    if (cases.length === 0 || cases[depth % cases.length] === field) {
      message[field.name] = sampleField(field, depth);
    }
  }
  return message;
}

/** A value for one field. */
export function sampleField(field: protobuf.Field, depth = 0): Sample {
  if (field instanceof protobuf.MapField) {
    return { first: sampleValue(field, depth), 'key é': sampleValue(field, depth) };
  }
  return field.repeated ? [sampleValue(field, depth), sampleValue(field, depth)] : sampleValue(field, depth);
}

function sampleValue(field: protobuf.Field, depth: number): Sample {
  const { resolvedType, type, name, id } = field.resolve();
  if (resolvedType instanceof protobuf.Enum) return Object.keys(resolvedType.values).at(-1) ?? '';
  if (resolvedType) return sampleMessage(resolvedType, depth + 1);
  if (type === 'string') return `${name} – é`;
  if (type === 'bool') return true;
  if (type === 'double') return 1.5;
  return type === 'int64' ? -62_135_596_800 : -id;
}

/** The same message made by the setters of their class. */
export function theirSample(type: protobuf.Type, sample: SampleMessage): TheirMessage {
  const message = new (theirClass(type.fullName))();
  for (const [name, value] of Object.entries(sample)) {
    const field = type.fields[name];
    if (!field) throw new Error(`${type.name} has no field ${name}`);
    setField(message, field, value);
  }
  return message;
}

function setField(message: TheirMessage, field: protobuf.Field, sample: Sample): void {
  const name = accessorName(field.parent?.fullName ?? '', field.name);
  if (field instanceof protobuf.MapField) {
    const map = call(message, `get${name}Map`) as Map<string, unknown>;
    for (const [key, value] of Object.entries(sample)) map.set(key, theirValue(field, value as Sample));
  } else if (Array.isArray(sample)) {
    call(
      message,
      `set${name}List`,
      sample.map((value) => theirValue(field, value)),
    );
  } else call(message, `set${name}`, theirValue(field, sample));
}

function theirValue(field: protobuf.Field, sample: Sample): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return resolvedType.values[sample as string];
  return resolvedType ? theirSample(resolvedType, sample as SampleMessage) : sample;
}

/** Calls a method of their message that must be there. */
export function call(message: TheirMessage, method: string, ...values: unknown[]): unknown {
  const found = message[method];
  if (!found) throw new Error(`the package's message has no method ${method}`);
  return found.apply(message, values);
}
