import { type IdleResult } from './result.ts';
import { decimals, machineLine, sectionLines, whole } from './table.ts';

const SHOWN_STATEMENTS = 15;
const SHOWN_CHARACTERS = 100;

/** The result as a table for people. */
export function idleTable(result: IdleResult): string {
  const { seconds, waitingInstances, streams, calls, callsPerSecond, serverCpuPercent, statements } = result;
  const shown = statements.slice(0, SHOWN_STATEMENTS);
  return [
    machineLine(result),
    `${whole(waitingInstances)} instances that wait for a timer, ${streams} idle streams, ${seconds} s`,
    ...sectionLines({
      title: 'Statements that PostgreSQL was sent (pg_stat_statements, BEGIN and COMMIT included)',
      rows: [
        ['in all', whole(calls), ''],
        ['per second', decimals(callsPerSecond, 2), '', '(less than 5)'],
        ['a core was busy with', decimals(serverCpuPercent, 1), '% for the server'],
      ],
    }),
    '',
    'The busiest:',
    ...shown.map(
      ({ calls: times, text }) => `  ${whole(times).padStart(6)}  ${text.slice(0, SHOWN_CHARACTERS)}`,
    ),
  ].join('\n');
}
