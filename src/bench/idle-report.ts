import { type IdleResult, limits } from './result.ts';
import { decimals, machineLine, sectionLines, verdict, whole } from './table.ts';

const SHOWN_STATEMENTS = 15;
const SHOWN_CHARACTERS = 100;

/** The result as a table for people. */
export function idleTable(result: IdleResult): string {
  const { seconds, waitingInstances, streams, statements } = result;
  const shown = statements.slice(0, SHOWN_STATEMENTS);
  return [
    machineLine(result),
    `${whole(waitingInstances)} instances that wait for a timer, ${streams} idle streams, ${seconds} s`,
    ...sectionLines({
      title: 'Statements that PostgreSQL was sent (pg_stat_statements, BEGIN and COMMIT included)',
      rows: [
        ['in all', whole(result.calls), ''],
        ['per second', decimals(result.callsPerSecond, 2), '', `(less than ${limits.idleCallsPerSecond})`],
        ['a core was busy with', decimals(result.serverCpuPercent, 1), '% for the server'],
        verdict(result),
      ],
    }),
    '',
    'The busiest:',
    ...shown.map(
      ({ calls: times, text }) => `  ${whole(times).padStart(6)}  ${text.slice(0, SHOWN_CHARACTERS)}`,
    ),
  ].join('\n');
}
