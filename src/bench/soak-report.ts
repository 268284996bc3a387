import { type SoakResult, type SoakSample } from './result.ts';
import { decimals, machineLine, megabytes, type Row, sectionLines, whole } from './table.ts';

/** One look at the server, as a line. */
export function describeSample(sample: SoakSample): string {
  return [
    `minute ${decimals(sample.minute, 1)}: ${megabytes(sample.residentBytes)} MB resident`,
    `${megabytes(sample.heapBytes)} MB heap`,
    `${whole(sample.orchestrationsPerSecond)} orchestrations/s`,
    `event loop delay p99 ${decimals(sample.eventLoopDelayMs, 1)} ms`,
  ].join(', ');
}

/** The result as a table for people. */
export function soakTable(result: SoakResult): string {
  const { concurrency, streams, minutes, samples, residentRatio, peakResidentBytes } = result;
  const each = Math.max(1, Math.floor(samples.length / 10));
  const rows = samples
    .filter((_, i) => (i + 1) % each === 0)
    .map((sample): Row => [
      `minute ${decimals(sample.minute, 1)}`,
      megabytes(sample.residentBytes),
      'MB resident',
      `(${megabytes(sample.heapBytes)} MB heap; ${whole(sample.orchestrationsPerSecond)} orchestrations/s; event loop delay p99 ${decimals(sample.eventLoopDelayMs, 1)} ms)`,
    ]);
  return [
    machineLine(result),
    `${concurrency} at once on ${streams} streams for ${minutes} minutes: chains with a timer, an event, a sub-orchestration and continue-as-new`,
    ...sectionLines({ title: 'Memory of the server', rows }),
    ...sectionLines({
      title: 'In all',
      rows: [
        ['end by a fifth of the time', decimals(residentRatio, 2), '', '(at most 1.15)'],
        ['most that was ever resident', megabytes(peakResidentBytes), 'MB', '(less than 400)'],
      ],
    }),
  ].join('\n');
}
