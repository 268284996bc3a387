import { withClient } from './bench-client.ts';
import { query, sql } from './sql.ts';

/** About what a turn writes. */
const LOG_BYTES = 700;

/** Commits one after the other, so many at a time, each with some bytes for the write-ahead log and nothing else. Gives the milliseconds of each time. */
export async function timeCommits(url: string, count: number, seconds: number): Promise<number[]> {
  const text = 'x'.repeat(LOG_BYTES);
  return withClient(url, async (client) => {
    const samplesMs: number[] = [];
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
      const begin = performance.now();
      for (let done = 0; done < count; done++) {
        await query(client, sql`select pg_logical_emit_message(true, 'bench', ${text}::text)`);
      }
      samplesMs.push(performance.now() - begin);
    }
    return samplesMs;
  });
}
