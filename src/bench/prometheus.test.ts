import { expect, test } from 'vitest';
import { readMetric } from './prometheus.ts';

const text = `# HELP bytes_total Bytes.
# TYPE bytes_total counter
bytes_total 12.5
labelled_total{hub="a b",kind="x"} 3
labelled_total{hub="c"} 4e3
bytes_total_created 99
`;

test('a counter is summed over its labels', () => {
  expect(readMetric(text, 'bytes_total')).toBe(12.5);
  expect(readMetric(text, 'labelled_total')).toBe(4003);
});

test('a counter that is not there is undefined', () => {
  expect(readMetric(text, 'bytes')).toBeUndefined();
});
