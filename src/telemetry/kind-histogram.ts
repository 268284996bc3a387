import { Histogram, type Registry } from 'prom-client';

/** What was observed of one kind. */
interface Series {
  /** How many fell into each bucket; those above all bounds come last. */
  readonly counts: Float64Array;
  sum: number;
}

interface Options {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** A line of the text format: labels of its own and those that it shares with its series. */
interface Sample {
  readonly metricName: string;
  readonly labels: { readonly le?: number | '+Inf' };
  readonly sharedLabels: { readonly kind: string };
  readonly value: number;
}

interface HistogramSamples {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly Sample[];
}

/**
 * A histogram by kind of work item. Something is observed for each work item, and prom-client checks and hashes labels
 * every time; here it is a few additions, and prom-client is given the sums when it is asked for its text.
 */
export class KindHistogram extends Histogram<'kind'> {
  readonly #options: Options;
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry, options: Options) {
    const { name, help, buckets } = options;
    super({ name, help, labelNames: ['kind'], buckets: [...buckets], registers: [registry] });
    this.#options = options;
  }

  /** One more observation of a kind. */
  add(kind: string, value: number): void {
    const { buckets } = this.#options;
    const series = this.#series.get(kind) ?? this.#begin(kind);
    let at = 0;
    while (at < buckets.length && value > (buckets[at] ?? 0)) at++;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += value;
  }

  /** In place of prom-client's own: registries ask every histogram for its samples by this name. */
  getForPromString(): Promise<HistogramSamples> {
    const { name, help } = this.#options;
    const values = [...this.#series].flatMap(([kind, series]) => this.#samplesOf(kind, series));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }

  #begin(kind: string): Series {
    const series = { counts: new Float64Array(this.#options.buckets.length + 1), sum: 0 };
    this.#series.set(kind, series);
    return series;
  }

  #samplesOf(kind: string, { counts, sum }: Series): Sample[] {
    const { name, buckets } = this.#options;
    const sharedLabels = { kind };
    let count = 0;
    const samples: Sample[] = [...buckets, '+Inf' as const].map((le, at) => {
      count += counts[at] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count };
    });
    return [
      ...samples,
      { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }
}
