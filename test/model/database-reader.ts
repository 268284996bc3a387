import { Client } from 'pg';
import { type LockHolder, type Section } from '../../src/domain/instance.ts';
import { type Micros } from '../../src/domain/time.ts';
import { connectionSettings } from '../../src/postgres/pool.ts';
import { must } from '../../src/lib/assert.ts';
import { schema } from '../helpers/database.ts';

export interface InstanceColumns {
  readonly instance_key: number;
  readonly hub_id: number;
  readonly instance_id: string;
  readonly generation: number;
  readonly execution_id: string;
  readonly name: string;
  readonly version: string | null;
  readonly status: number;
  readonly owner: number | null;
  readonly is_rung: boolean;
  readonly turn: number;
  readonly input: Buffer | null;
  readonly output: Buffer | null;
  readonly custom_status: Buffer | null;
  readonly failure: Buffer | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly parent_key: number | null;
  readonly parent_generation: number | null;
  readonly parent_task_id: number | null;
  readonly parent: Buffer | null;
  readonly suspension: Buffer | null;
  readonly trace_context: Buffer | null;
  readonly sections: readonly Section[] | null;
  readonly created_at: Micros;
  readonly updated_at: Micros;
  readonly completed_at: Micros | null;
  readonly scheduled_at: Micros | null;
}

export interface EntityColumns {
  readonly instance_key: number;
  readonly hub_id: number;
  readonly instance_id: string;
  readonly name: string;
  readonly turn: number;
  readonly state: Buffer | null;
  readonly held_by: LockHolder | null;
  readonly owner: number | null;
  readonly is_rung: boolean;
}

export interface InboxColumns {
  readonly instance_key: number;
  readonly rank: number;
  readonly message_id: number;
  readonly kind: number;
  readonly generation: number;
  readonly fires_at: Micros | null;
  readonly event: Buffer;
}

export interface ActivityColumns {
  readonly instance_key: number;
  readonly activity_key: number;
  readonly generation: number;
  readonly task_id: number;
  readonly name: string;
  readonly version: string | null;
  readonly effective_version: string | null;
  readonly owner: number | null;
  readonly request: Buffer;
}

export interface TimerColumns {
  readonly instance_key: number;
  readonly timer_key: number;
  readonly generation: number;
  readonly fires_at: Micros;
  readonly is_due: boolean;
  readonly kind: number;
  readonly rank: number;
  readonly event: Buffer;
}

export interface HistoryColumns {
  readonly instance_key: number;
  readonly turn: number;
  readonly events: Buffer;
}

/** Everything that the database holds of some task hubs, as of one moment. */
export interface DatabaseRows {
  readonly instances: readonly InstanceColumns[];
  readonly entities: readonly EntityColumns[];
  /** In inbox order. */
  readonly inbox: readonly InboxColumns[];
  readonly activities: readonly ActivityColumns[];
  readonly timers: readonly TimerColumns[];
  /** In order of the turns. */
  readonly history: readonly HistoryColumns[];
  /** Answers that are stored for their owners. */
  readonly storedAnswers: number;
}

/** Reads what is stored, in one snapshot and one round trip. */
export class DatabaseReader {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<DatabaseReader> {
    const client = new Client(connectionSettings({ url, schema }));
    await client.connect();
    return new DatabaseReader(client);
  }

  async hubId(name: string): Promise<number> {
    const { rows } = await this.#client.query<{ hub_id: number }>('select hub_id from hubs where name = $1', [
      name,
    ]);
    return must(rows[0], `the task hub ${name}`).hub_id;
  }

  async read(hubIds: readonly number[]): Promise<DatabaseRows> {
    const hubs = hubIds.join(', ');
    const ofHubs = `instance_key in (select instance_key from instances where hub_id in (${hubs}))`;
    // Several statements in one text give one result each; they take no parameters, and hub ids are numbers.
    const results: unknown = await this.#client.query(`
      begin isolation level repeatable read read only;
      select instance_key, hub_id, instance_id, generation, execution_id, name, version, status, owner,
             ready_at is not null as is_rung, turn, input, output, custom_status, failure, tags, parent_key,
             parent_generation, parent_task_id, parent, suspension, trace_context, sections, created_at, updated_at,
             completed_at, scheduled_at
        from instances where kind = 0 and hub_id in (${hubs});
      select instance_key, hub_id, instance_id, name, turn, output as state, held_by, owner,
             ready_at is not null as is_rung
        from instances where kind = 1 and hub_id in (${hubs});
      select instance_key, rank, message_id, kind, generation, fires_at, event
        from inbox where ${ofHubs} order by instance_key, rank, message_id;
      select instance_key, activity_key, generation, task_id, name, version, effective_version, owner, request
        from activities where hub_id in (${hubs}) order by activity_key;
      select instance_key, timer_key, generation, fires_at, fires_at <= clock_timestamp() as is_due, kind, rank, event
        from timers where ${ofHubs} order by fires_at, timer_key;
      select instance_key, turn, events from history where ${ofHubs} order by instance_key, turn;
      select count(*)::int as count from completions;
      commit`);
    const [, instances, entities, inbox, activities, timers, history, completions] = results as {
      rows: unknown[];
    }[];
    return {
      instances: must(instances, 'instances').rows as InstanceColumns[],
      entities: must(entities, 'entities').rows as EntityColumns[],
      inbox: must(inbox, 'the inbox').rows as InboxColumns[],
      activities: must(activities, 'activities').rows as ActivityColumns[],
      timers: must(timers, 'timers').rows as TimerColumns[],
      history: must(history, 'history').rows as HistoryColumns[],
      storedAnswers: (must(completions, 'completions').rows as { count: number }[])[0]?.count ?? 0,
    };
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}
