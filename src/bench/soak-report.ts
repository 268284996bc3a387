import { limits, type SoakResult, type SoakSample } from './result.ts';
import { decimals, machineLine, megabytes, type Row, sectionLines, verdict, whole } from './table.ts';

/** One look at the server, as a line. */
export function describeSample(sample: SoakSample): string {
  return [
    `minute ${decimals(sample.minute, 1)}: ${megabytes(sample.residentBytes)} MB resident`,
    `${megabytes(sample.heapBytes)} MB heap`,
    `${megabytes(sample.queueBytes)} MB of queues`,
    `${whole(sample.orchestrationsPerSecond)} orchestrations/s`,
    `event loop delay p99 ${decimals(sample.eventLoopDelayMs, 1)} ms`,
  ].join(', ');
}

/** The result as a table for people. */
export function soakTable(result: SoakResult): string {
  const { concurrency, streams, minutes, samples, residentMb, residentRatio, queuesPeakMb } = result;
  const each = Math.max(1, Math.floor(samples.length / 10));
  const rows = samples
    .filter((_, i) => (i + 1) % each === 0)
    .map((sample): Row => [
      `minute ${decimals(sample.minute, 1)}`,
      megabytes(sample.residentBytes),
      'MB resident',
      `(${megabytes(sample.heapBytes)} MB heap; ${megabytes(sample.queueBytes)} MB of queues; ${whole(sample.orchestrationsPerSecond)} orchestrations/s; event loop delay p99 ${decimals(sample.eventLoopDelayMs, 1)} ms)`,
    ]);
  return [
    machineLine(result),
    `${concurrency} at once on ${streams} streams for ${minutes} minutes: chains with a timer, an event, a sub-orchestration and continue-as-new`,
    ...sectionLines({ title: 'Memory of the server', rows }),
    ...sectionLines({
      title: 'In all',
      rows: [
        ['after a fifth of the time', whole(residentMb.early), 'MB'],
        ['at the end', whole(residentMb.end), 'MB'],
        ['the end by the fifth', decimals(residentRatio, 2), '', `(at most ${limits.residentRatio})`],
        ['most that was ever resident', whole(residentMb.peak), 'MB', `(less than ${limits.residentMb})`],
        ['most of the queues in PostgreSQL', whole(queuesPeakMb), 'MB', `(less than ${limits.queuesMb})`],
        verdict(result),
      ],
    }),
  ].join('\n');
}
