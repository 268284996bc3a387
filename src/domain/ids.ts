declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** What users call an instance: unique in its task hub. */
export type InstanceId = Brand<string, 'InstanceId'>;
/** Name of a task hub, as sent in the metadata `taskhub`. */
export type HubName = Brand<string, 'HubName'>;

export const instanceId = (value: string): InstanceId => value as InstanceId;
export const hubName = (value: string): HubName => value as HubName;

/** Number of partitions; it stands in stored keys and can't change. */
export const PARTITIONS = 256;

/**
 * The partition of an instance: FNV-1a over the hub's key and the id's UTF-16 code units, modulo 256.
 * Stored in every key, so this function is part of the schema and must never change.
 */
export function partitionOf(hubId: number, id: string): number {
  let hash = 0x811c9dc5 ^ hubId;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % PARTITIONS;
}

/** Addresses one life of an instance: a replaced instance has another key. `key` is unique by itself. */
export interface InstanceKey {
  readonly partition: number;
  readonly key: number;
}

/** Where new keys and execution ids come from: handed in, so that decisions stay repeatable. */
export interface Ids {
  /** A fresh 8-byte key (a safe integer), unique over all replicas and roughly ordered by time. */
  key(): number;
  /** 32 lower-case hex digits (contract orchestrations §1 rule 18). */
  executionId(): string;
}
