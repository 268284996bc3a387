import { expect, test } from 'vitest';
import { nearestWord } from './nearest-word.ts';

test.each([
  ['GRPC_PROT', 'GRPC_PORT'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['LOG_LEVELS', 'LOG_LEVEL'],
  ['', 'A'],
])('the word nearest to %j is %s', (wanted, nearest) => {
  expect(nearestWord(wanted, ['METRICS_PORT', 'GRPC_PORT', 'LOG_LEVEL', 'A'])).toBe(nearest);
});
