-- migration: transactional
-- Entities are instances of kind 1: their state stands in output.
alter table instances
  add column held_by jsonb,           -- of an entity: the orchestration that holds its lock
  add column sections jsonb;          -- of an orchestration: critical sections that are not over
create index instances_entities on instances (hub_id, instance_id) where kind = 1;

-- Requests of clients that were sent to entities: SDKs repeat a call whose answer was lost.
create table signals (
  hub_id int4 not null,
  request text collate "C" not null,  -- the request's id and the entity's
  claim int8 not null,                -- of the one message that was sent for it
  sent_at timestamptz not null default clock_timestamp(),
  primary key (hub_id, request)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index signals_sent_at on signals (sent_at);
