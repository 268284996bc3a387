import { type AuditEntry, type AuditEvent, type KnownBy } from '../domain/audit.ts';
import { type Micros } from '../domain/time.ts';
import { texts, timestamps } from './arrays.ts';
import { type Statement, sql } from './sql.ts';

/** An entry that was written before is passed over: a batch whose answer was lost is sent again. */
export function insertAuditEntries(entries: readonly AuditEntry[]): Statement {
  return sql`
    insert into audit_log (at, entry_id, action, hub, target, outcome, who, who_name, known_by, peer)
    select at, entry_id::uuid, action, hub, target, outcome, who, who_name, known_by, peer
      from unnest(${timestamps(entries, ({ at }) => at)}::timestamptz[],
                  ${texts(entries, ({ id }) => id)}::text[],
                  ${texts(entries, ({ action }) => action)}::text[],
                  ${texts(entries, ({ hub }) => hub)}::text[],
                  ${texts(entries, ({ target }) => target)}::text[],
                  ${texts(entries, ({ outcome }) => outcome)}::text[],
                  ${texts(entries, ({ who }) => who)}::text[],
                  ${texts(entries, ({ whoName }) => whoName)}::text[],
                  ${texts(entries, ({ knownBy }) => knownBy)}::text[],
                  ${texts(entries, ({ peer }) => peer)}::text[])
           e(at, entry_id, action, hub, target, outcome, who, who_name, known_by, peer)
        on conflict do nothing`;
}

/** Done by this very transaction: PostgreSQL says when, as which of its users, and from where. */
export function insertOwnAuditEntry({
  action,
  hub,
  target,
  who,
}: Pick<AuditEvent, 'action' | 'hub' | 'target' | 'who'>): Statement {
  return sql`
    insert into audit_log (at, entry_id, action, hub, target, outcome, who, who_name, known_by, peer)
    values (clock_timestamp(), gen_random_uuid(), ${action}, ${hub}, ${target}, 'OK', ${who}, session_user,
            'database', coalesce(host(inet_client_addr()), ''))`;
}

export interface AuditPosition {
  readonly at: Micros;
  readonly id: string;
}

/** All conditions together; null: any. */
export interface AuditFilter {
  /** Inclusive. */
  readonly since: Micros | null;
  readonly hub: string | null;
  /** The id or the name of somebody. */
  readonly who: string | null;
  readonly action: string | null;
}

export interface AuditRow {
  readonly at: Micros;
  readonly entry_id: string;
  readonly action: string;
  readonly hub: string;
  readonly target: string;
  readonly outcome: string;
  readonly who: string;
  readonly who_name: string;
  readonly known_by: KnownBy;
  readonly peer: string;
  readonly is_match: boolean;
  /** Whether others may follow. */
  readonly is_full: boolean;
}

/** One step, the newest first: what matches among so many rows before a position, and the last row looked at. */
export function stepOverAudit(
  { since, hub, who, action }: AuditFilter,
  before: AuditPosition | undefined,
  rows: number,
): Statement<AuditRow> {
  const at = (micros: Micros | null): Buffer => timestamps([micros], (moment) => moment);
  return sql`
    with looked_at as materialized (
      select a.*,
             (a.hub = ${hub} or ${hub}::text is null)
             and (${who} in (a.who, a.who_name) or ${who}::text is null)
             and (a.action = ${action} or ${action}::text is null) as is_match
        from audit_log a
       where a.at >= coalesce((${at(since)}::timestamptz[])[1], '-infinity')
         and (a.at, a.entry_id) < (coalesce((${at(before?.at ?? null)}::timestamptz[])[1], 'infinity'),
                                   ${before?.id ?? '00000000-0000-0000-0000-000000000000'}::uuid)
       order by a.at desc, a.entry_id desc
       limit ${rows}::int8)
    select l.*
      from (select *, count(*) over () = ${rows}::int8 as is_full,
                   row_number() over (order by at, entry_id) = 1 as is_last
              from looked_at) l
     where l.is_match
        or l.is_last
     order by l.at desc, l.entry_id desc`;
}

/** So many of those that are older. On several replicas at once each takes others. */
export function forgetAuditEntries(olderThanSeconds: number, rows: number): Statement<{ removed: number }> {
  return sql`
    with gone as (
      delete from audit_log
       where ctid = any(array(
             select ctid
               from audit_log
              where at < clock_timestamp() - make_interval(secs => ${olderThanSeconds}::float8)
              order by at
              limit ${rows}::int8
                for update skip locked))
      returning 1)
    select count(*)::int4 as removed
      from gone`;
}
