// Searches, page by page to the end. They are made when the server is quiet, so what they return is exact: the times that
// they go by are those that the oracle has learned.

import { finishedStatusesOf, statusesOf, windowOf } from '../../src/domain/instance-filter.ts';
import { type InstanceStatus } from '../../src/domain/instance.ts';
import { fromMicros, type Micros } from '../../src/domain/time.ts';
import { must } from '../../src/lib/assert.ts';
import { type Timestamp } from '../../src/protocol/messages.ts';
import { type CallOf } from './calls.ts';
import { same } from './mismatch.ts';
import { type Operation, type Scene } from './operations.ts';
import { type Oracle } from './oracle.ts';
import { pickOf, wrapped } from './picks.ts';
import { type InstanceRow } from './rows.ts';

type Paged = CallOf<'query' | 'list ids'>;

interface Window {
  readonly from: Timestamp | null;
  readonly to: Timestamp | null;
}

export function query(call: CallOf<'query'>, { oracle, real }: Scene): Operation {
  const { hub, prefix, withPayloads } = call;
  const hubId = real.hubId(hub);
  const { from, to } = windowAround(
    call,
    timesOf(oracle, hubId, ({ createdAt }) => createdAt),
  );
  const filter = {
    ...{ runtimeStatus: [...call.statuses], createdTimeFrom: from, createdTimeTo: to },
    ...{ instanceIdPrefix: wrapped(prefix), fetchInputsAndOutputs: withPayloads },
  };
  return {
    text: `query hub ${hub} ${shown(call, { from, to })} '${prefix}'`,
    touches: [],
    async call() {
      const pages = await readPages(call, async (maxInstanceCount, replica, token) => {
        const asked = { ...filter, maxInstanceCount, continuationToken: wrapped(token) };
        const { code, response } = await real.call(hub, replica, 'QueryInstances', { query: asked });
        const { orchestrationState, continuationToken } = must(response, `a page, not ${code}`);
        return { page: orchestrationState, next: continuationToken?.value ?? null };
      });
      return { code: 'ok', data: pages };
    },
    apply(after) {
      const found = search(after, { hubId, statuses: statusesOf(call.statuses), window: { from, to } })
        .filter(({ id }) => id.startsWith(prefix))
        .map((row) => after.read(row, withPayloads));
      const pages = inPages(found, call);
      if (pages.length > 1) after.saw('a query returned several pages');
      if (found.length === 0) after.saw('a query found nothing');
      return { code: 'ok', data: pages.length > 0 ? pages : [[]] };
    },
  };
}

/** A list of ids ends with an empty page (contract §6.2). */
export function listIds(call: CallOf<'list ids'>, { oracle, real }: Scene): Operation {
  const { hub } = call;
  const hubId = real.hubId(hub);
  const { from, to } = windowAround(
    call,
    timesOf(oracle, hubId, ({ completedAt }) => completedAt),
  );
  const filter = { runtimeStatus: [...call.statuses], completedTimeFrom: from, completedTimeTo: to };
  return {
    text: `list the ids of hub ${hub} ${shown(call, { from, to })}`,
    touches: [],
    async call() {
      const pages = await readPages(call, async (pageSize, replica, token) => {
        const asked = { ...filter, pageSize, lastInstanceKey: wrapped(token) };
        const { code, response } = await real.call(hub, replica, 'ListInstanceIds', asked);
        const { instanceIds, lastInstanceKey } = must(response, `a page, not ${code}`);
        return { page: instanceIds, next: lastInstanceKey?.value ?? null };
      });
      return { code: 'ok', data: pages };
    },
    apply(after) {
      const statuses = finishedStatusesOf(call.statuses);
      const found = finished(after, { hubId, statuses, window: { from, to } });
      const pages = inPages(
        found.map(({ id }) => id),
        call,
      );
      if (pages.length > 1) after.saw('ids were listed in several pages');
      return { code: 'ok', data: [...pages, []] };
    },
  };
}

/** Other hubs come and go: only those of this run are compared. */
export function listHubs({ hub, replica }: CallOf<'list hubs'>, { real }: Scene): Operation {
  return {
    text: `list the task hubs @${replica}`,
    touches: [],
    async call() {
      const { code, response } = await real.call(hub, replica, 'ListTaskHubs', {});
      const hubs = response?.taskHubs ?? [];
      const names = hubs.map(({ name }) => name);
      same('the order of the task hubs', names, names.toSorted(byBytes));
      const isDated = hubs.every(({ createdTimestamp }) => createdTimestamp !== null);
      same('whether all task hubs have a date', isDated, true);
      return { code, data: names.filter((name) => real.hubNames.includes(name)) };
    },
    apply(after) {
      after.saw('task hubs were listed');
      return { code: 'ok', data: real.hubNames.toSorted(byBytes) };
    },
  };
}

interface Wanted {
  readonly hubId: number;
  readonly statuses: readonly InstanceStatus[];
  readonly window: Window;
}

/** Oldest first. */
export function search({ store, realKeys }: Oracle, { hubId, statuses, window }: Wanted): InstanceRow[] {
  const { from, to } = windowOf(window.from, window.to);
  const keyOf = ({ key }: InstanceRow): number => must(realKeys.get(key), 'the key of an instance');
  return [...store.instances.values()]
    .filter((row) => row.hubId === hubId && statuses.includes(row.status))
    .filter(({ createdAt }) => from <= createdAt && createdAt <= to)
    .sort((a, b) => a.createdAt - b.createdAt || keyOf(a) - keyOf(b));
}

function finished({ store }: Oracle, { hubId, statuses, window }: Wanted): InstanceRow[] {
  const { from, to } = windowOf(window.from, window.to);
  const endOf = ({ completedAt }: InstanceRow): Micros => must(completedAt, 'the time of an end');
  return [...store.instances.values()]
    .filter((row) => row.hubId === hubId && statuses.includes(row.status))
    .filter((row) => from <= endOf(row) && endOf(row) <= to)
    .sort((a, b) => endOf(a) - endOf(b) || byBytes(a.id, b.id));
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function timesOf(
  { store }: Oracle,
  hubId: number,
  timeOf: (row: InstanceRow) => Micros | null,
): Micros[] {
  const rows = [...store.instances.values()].filter((row) => row.hubId === hubId);
  return rows.map((row) => timeOf(row)).filter((time) => time !== null);
}

/** The moment at one end is that of an instance itself: both ends are inclusive. */
export function windowAround({ bound }: Pick<Paged, 'bound'>, times: readonly Micros[]): Window {
  const time = bound ? pickOf(times, bound.pick) : undefined;
  const at = time === undefined ? null : fromMicros(time);
  return bound?.isFrom ? { from: at, to: null } : { from: null, to: at };
}

function shown({ statuses, pageSize, replica }: Paged, { from, to }: Window): string {
  const window = from ? ' from a moment' : to ? ' up to a moment' : '';
  return `${JSON.stringify(statuses)}${window} by ${pageSize} @${replica}`;
}

type ReadPage<T> = (
  size: number,
  replica: number,
  token: string | null,
) => Promise<{ readonly page: readonly T[]; readonly next: string | null }>;

/** A token must serve with another size and at another replica. */
export async function readPages<T>(
  { pageSize, replica }: Pick<Paged, 'pageSize' | 'replica'>,
  readPage: ReadPage<T>,
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  let token: string | null = null;
  do {
    const n = pages.length;
    const { page, next }: Awaited<ReturnType<ReadPage<T>>> = await readPage(
      pageSize + (n % 2),
      (replica + n) % 2,
      token,
    );
    pages.push(page);
    token = next;
  } while (token !== null);
  return pages;
}

function inPages<T>(found: readonly T[], { pageSize }: Paged): readonly (readonly T[])[] {
  const pages: (readonly T[])[] = [];
  for (let at = 0; at < found.length;) {
    const page = found.slice(at, at + pageSize + (pages.length % 2));
    pages.push(page);
    at += page.length;
  }
  return pages;
}
