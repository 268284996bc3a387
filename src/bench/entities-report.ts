import { type EntitiesResult, entityLoadNames, entityLoads, type EntityLoad } from './result.ts';
import { decimals, percent, type Row, type Section, whole } from './table.ts';

/** The loads of entities, each by the ceiling's unary calls. */
export function entitiesSection({ windows, windowSeconds, rates }: EntitiesResult): Section {
  return {
    title: `Entities: by a unary call that bare grpc-js acknowledges at once; medians of ${windows} windows of ${windowSeconds} s`,
    rows: entityLoadNames.flatMap((load) => rowsOf(load, rates[load])),
  };
}

function rowsOf(load: EntityLoad, rate: EntitiesResult['rates'][EntityLoad]): Row[] {
  const { title, reachPercent } = entityLoads[load];
  const found = rate.windows.map(({ perSecond }) => perSecond);
  const range = `(${whole(Math.min(...found))} to ${whole(Math.max(...found))})`;
  const reach = reachPercent === undefined ? '' : `(reach: ${reachPercent} %)`;
  const shares = [
    `server ${percent(rate.serverCpuPercent)}`,
    ...(load === 'unary' ? [] : [`PostgreSQL ${percent(rate.postgresCpuPercent)}`]),
    `load worker ${percent(rate.workerCpuPercent)}`,
    `other programs ${percent(rate.othersCpuPercent)}`,
  ];
  return [
    [title, whole(rate.perSecond), '/s', range],
    ...(load === 'unary'
      ? []
      : [['  ratio to unary calls', percent(rate.ratioToUnary * 100), '', reach] as const]),
    ...(rate.operationsPerSecond > 0
      ? [['  operations carried out', whole(rate.operationsPerSecond), '/s'] as const]
      : []),
    ['  CPU of the server', decimals(rate.serverCpuMicrosEach, 1), 'µs each'],
    ['  a core was busy with', shares.join(', '), ''],
  ];
}
