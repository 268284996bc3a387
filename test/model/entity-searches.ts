import { must } from '../../src/lib/assert.ts';
import { type EntityCall } from './entity-calls.ts';
import { shownEntity } from './entity-effects.ts';
import { type Placed } from './entity-operations.ts';
import { type Operation, type Scene } from './operations.ts';
import { wrapped } from './picks.ts';
import { shownOf } from './real-hubs.ts';
import { readPages } from './search-operations.ts';

/** Page by page to the end, asked by turns of both replicas. */
export function queryEntities({ hub, replica, deed }: Placed<'query entities'>, { real }: Scene): Operation {
  const { prefix, withState, withTransient, pageSize } = deed;
  const hubId = real.hubId(hub);
  const filter = {
    ...{ includeState: withState, includeTransient: withTransient },
    instanceIdStartsWith: wrapped(prefix),
  };
  return {
    text: `query entities '${prefix}'${withTransient ? ' and transient ones' : ''} in hub ${hub} by ${pageSize}`,
    touches: [],
    async call() {
      const pages = await readPages({ replica, pageSize }, async (size, at, token) => {
        const query = { ...filter, pageSize: { value: size }, continuationToken: wrapped(token) };
        const { code, response } = await real.call(hub, at, 'QueryEntities', { query });
        const { entities, continuationToken } = must(response, `a page, not ${code}`);
        if (entities.length > size) throw new Error('a page has more entities than were asked for');
        return { page: entities.map(shownOf), next: continuationToken?.value ?? null };
      });
      return { code: 'ok', data: pages.flat() };
    },
    apply(oracle) {
      const rows = [...oracle.entities.values()].filter(
        (row) =>
          row.hubId === hubId &&
          row.id.startsWith(prefix.startsWith('@') || prefix === '' ? prefix : `@${prefix}`) &&
          (row.state !== null || (withTransient && (row.holder !== null || row.queue.length > 0))),
      );
      const found = rows
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((row) => shownEntity(withState ? row : { ...row, state: null }));
      if (found.length > pageSize) oracle.saw('a query of entities returned several pages');
      if (rows.some(({ state }) => state === null)) oracle.saw('entities without a state were found');
      return { code: 'ok', data: found };
    },
  };
}

/** Whatever is over has been released already, and nothing is old enough to be removed. */
export function cleanEntities({ hub, replica }: EntityCall, { real }: Scene): Operation {
  const request = { removeEmptyEntities: true, releaseOrphanedLocks: true };
  return {
    text: `clean the entity storage of hub ${hub} @${replica}`,
    touches: [],
    async call() {
      const { code, response } = await real.call(hub, replica, 'CleanEntityStorage', request);
      return { code, data: response };
    },
    apply(oracle) {
      oracle.saw('there was nothing to clean');
      const data = { continuationToken: null, emptyEntitiesRemoved: 0, orphanedLocksReleased: 0 };
      return { code: 'ok', data };
    },
  };
}
