import { AggregatorRegistry, type Registry } from 'prom-client';

/** The metrics of one process at one moment. It goes through JSON. */
export type Snapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Of Node's own metrics: the longest delays of all processes, where the library takes the average, and the first start. */
export function judgeByTheWorst(registry: Registry): void {
  for (const metric of registry.getMetricsAsArray()) {
    if (metric.aggregator === 'average') metric.aggregator = 'max';
    if (metric.aggregator === 'omit') metric.aggregator = 'min';
  }
}

/** The metrics of several processes as those of one, in Prometheus' text format. */
export function renderTogether(snapshots: readonly Snapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}

/** What stays true of processes that have ended: what they counted, not what they had. */
export async function countedBy(snapshots: readonly Snapshot[]): Promise<Snapshot> {
  const together = await AggregatorRegistry.aggregate([...snapshots]).getMetricsAsJSON();
  return together.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}
