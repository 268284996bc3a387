import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { KindHistogram } from './kind-histogram.ts';

const options = { name: 'seconds', help: 'Some time.', buckets: [0.001, 0.5, 2] };

test('its text is what prom-client makes of the same observations', async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const fast = new KindHistogram(ours, options);
  const plain = new Histogram({ ...options, labelNames: ['kind'], registers: [theirs] });
  expect(await ours.metrics()).toBe(await theirs.metrics());
  for (const kind of ['activity', 'orchestration', 'activity']) {
    for (const value of [0, 0.001, 0.0011, 0.1, 0.2, 0.5, 2, 2.1, 300]) {
      fast.add(kind, value);
      plain.observe({ kind }, value);
    }
    expect(await ours.metrics()).toBe(await theirs.metrics());
  }
});
