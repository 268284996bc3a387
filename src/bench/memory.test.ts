import { expect, test } from 'vitest';
import { parsePeak, peakResidentBytes } from './memory.ts';

test('the peak is read among the other sizes', () => {
  expect(parsePeak('VmPeak:\t  900 kB\nVmHWM:\t     20 kB\nVmRSS:\t  10 kB\n')).toBe(20_480);
});

test.runIf(process.platform === 'linux')('a running process has a peak at or above what is resident', () => {
  expect(peakResidentBytes(process.pid)).toBeGreaterThan(process.memoryUsage.rss() / 2);
});
