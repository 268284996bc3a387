import { type Oracle, type TurnOut } from './oracle.ts';
import { must } from '../../src/lib/assert.ts';
import { isTerminal } from '../../src/domain/instance.ts';
import { type InstanceRow } from './rows.ts';

/** Ids that clients and orchestrations make up. */
const POOL = ['a', 'b', 'c', 'd'];
/** Most runs have no instance of that id. */
export const NOBODY = 'nobody';

/** The id that a number stands for: mostly one of those that `prefers` says. */
export function targetOf(
  { store }: Oracle,
  hubId: number,
  target: number | string,
  prefers: 'living' | 'made up' | 'finished' | 'failed' = 'living',
): string {
  if (typeof target === 'string') return target;
  const rows = [...store.instances.values()].filter((row) => row.hubId === hubId);
  const others = rows.map(({ id }) => id).filter((id) => !POOL.includes(id));
  const those = (isMeant: (row: InstanceRow) => boolean): string[] => {
    const ids = rows.filter((row) => isMeant(row)).map(({ id }) => id);
    return [...ids, ...ids, ...POOL, NOBODY];
  };
  const ids = {
    living: () => those(({ status }) => !isTerminal(status)),
    finished: () => those(({ status }) => isTerminal(status)),
    failed: () => those(({ status }) => status === 'failed'),
    'made up': () => [...POOL, NOBODY, ...POOL, ...others],
  }[prefers]();
  return must(ids[target % ids.length], 'an id');
}

/** By number, or the first one that is about the instance. */
export function pickOf<T>(
  list: readonly T[],
  pick: number | string,
  idOf: (item: T) => string | undefined = () => undefined,
): T | undefined {
  if (typeof pick === 'string') return list.find((item) => idOf(item) === pick);
  return list.length === 0 ? undefined : list[pick % list.length];
}

/** The turns that workers of a hub have. */
export function turnsOf({ turns }: Oracle, hubId: number): TurnOut[] {
  return [...turns.values()].filter((turn) => turn.hubId === hubId);
}

export const instanceOf = ({ request }: TurnOut): string => request.instanceId;

export const wrapped = (value: string | null): { value: string } | null =>
  value === null ? null : { value };

export const inHub = (hub: number, id: string): string => `${hub}/${id}`;
