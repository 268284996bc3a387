import { type Pool } from 'pg';
import { entityNameOf } from '../../src/domain/entity-id.ts';
import { instanceId, partitionOf } from '../../src/domain/ids.ts';
import { ranks } from '../../src/domain/message.ts';
import { type EntityMessage, type EntityPatch } from '../../src/domain/write.ts';
import { must } from '../../src/lib/assert.ts';
import { type Replica } from './store.ts';

const NOW = 1_750_000_000_000_000;

/** A signal whose event is that text. */
export function toEntity(
  { store }: Replica,
  { hubId, id }: { readonly hubId: number; readonly id: string },
  text: string,
  overrides: Partial<EntityMessage> = {},
): EntityMessage {
  return {
    ...{ hubId, id: instanceId(id), name: entityNameOf(id), partition: partitionOf(hubId, id) },
    ...{ createdAt: NOW, newKey: store.ids.key(), requestId: null, ifOver: null, firesAt: null },
    message: { rank: ranks.arrived, kind: 'signal', event: Buffer.from(text) },
    ...overrides,
  };
}

/** A lock request or another message of that kind. */
export function ofKind(
  kind: EntityMessage['message']['kind'],
  text: string,
  rank: number = ranks.arrived,
): Pick<EntityMessage, 'message'> {
  return { message: { rank, kind, event: Buffer.from(text) } };
}

export interface EntityRow {
  readonly instance_key: number;
  readonly owner: number | null;
  readonly engine_work: boolean;
  readonly turn: number;
  readonly attempts: number;
  readonly output: Buffer | null;
  readonly held_by: unknown;
  readonly is_due: boolean | null;
}

export async function entityRow(db: Pool, id: string): Promise<EntityRow | undefined> {
  const { rows } = await db.query<EntityRow>(
    `select instance_key, owner, engine_work, turn, attempts, output, held_by, ready_at <= clock_timestamp() as is_due
       from instances where kind = 1 and instance_id = $1`,
    [id],
  );
  return rows[0];
}

export async function entityKey(db: Pool, id: string): Promise<number> {
  return must(await entityRow(db, id), `the entity ${id}`).instance_key;
}

export async function claimEntities({ store }: Replica, hubId: number): Promise<number> {
  return store.claimInstances({ hubId, kind: 'entity', filter: 'everything', limit: 100 });
}

/** A batch that takes everything the resident entity holds. */
export function entityPatch(
  { memory }: Replica,
  key: number,
  overrides: Partial<EntityPatch> = {},
): EntityPatch {
  const { partition, turn, messages } = memory.get(key);
  return {
    ...{ kind: 'entity', partition, key, turn, isTurn: true, state: 'state', heldBy: null },
    ...{ dropsSignals: false, consumed: [...messages], updatedAt: NOW + turn + 1 },
    ...overrides,
  };
}
