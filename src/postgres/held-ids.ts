import { type InstanceKey } from '../domain/ids.ts';
import { type InstanceKind } from '../domain/instance.ts';

export interface HeldInstance extends InstanceKey {
  readonly hubId: number;
  readonly id: string;
  readonly kind: InstanceKind;
}

/**
 * The ids of this replica's residents, as the lane has settled them. With it a message to an id that is resident here
 * becomes a message to its key, which needs no lock and no bell.
 */
export class HeldIds {
  readonly #byKey = new Map<number, HeldInstance>();
  readonly #byId = new Map<string, HeldInstance>();

  add({ partition, key, hubId, id, kind }: HeldInstance): void {
    const held = { partition, key, hubId, id, kind };
    this.#byKey.set(key, held);
    this.#byId.set(nameOf(hubId, id), held);
  }

  remove(key: number): void {
    const held = this.#byKey.get(key);
    if (!held) return;
    this.#byKey.delete(key);
    const name = nameOf(held.hubId, held.id);
    if (this.#byId.get(name)?.key === key) this.#byId.delete(name);
  }

  byKey(key: number): HeldInstance | undefined {
    return this.#byKey.get(key);
  }

  byId(hubId: number, id: string): HeldInstance | undefined {
    return this.#byId.get(nameOf(hubId, id));
  }
}

function nameOf(hubId: number, id: string): string {
  return `${hubId}/${id}`;
}
