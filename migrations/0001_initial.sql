-- migration: transactional
-- Tables of one store. Who may change what: ARCHITECTURE.md. Keys are made by replicas in blocks of one sequence.

create sequence keys as int8;
-- Numbers of inbox rows: drawn under the target's lock, in the order in which a batch sends.
create sequence message_ids as int8;

-- One row per incarnation of a replica. Its absence is death: nobody writes in the name of a missing row.
create table replicas (
  replica_id int8 primary key,
  address text not null,
  version text not null,
  started_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);

create table hubs (
  hub_id int4 generated always as identity primary key,
  name text collate "C" not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz
);
create unique index hubs_living_name on hubs (name) where deleted_at is null;

create table instances (
  partition int4 not null,
  instance_key int8 not null,
  hub_id int4 not null,
  kind int2 not null,                 -- 0 orchestration, 1 entity
  instance_id text collate "C" not null,
  generation int4 not null,           -- grows with continue-as-new
  execution_id text not null,
  name text not null,
  version text,
  status int2 not null,               -- numbers of the wire's OrchestrationStatus
  owner int8,                         -- replica_id of the incarnation that alone may change this row
  ready_at timestamptz,               -- the bell: unseen messages, or deliverable from then on
  engine_work boolean not null default false, -- the bell is for what the engine does itself: any replica may claim
  attempts int2 not null default 0,
  turn int4 not null default 0,       -- turns recorded; never restarts
  input bytea,
  output bytea,
  custom_status bytea,
  failure bytea,                      -- encoded TaskFailureDetails
  tags jsonb,
  parent_partition int4,
  parent_key int8,
  parent_generation int4,
  parent_task_id int4,
  parent bytea,                       -- encoded ParentInstanceInfo
  suspension bytea,                   -- encoded ExecutionSuspended event while suspended
  trace_context bytea,                -- encoded OrchestrationTraceContext
  is_rewound boolean not null default false,
  history_bytes int8 not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  completed_at timestamptz,
  scheduled_at timestamptz,
  primary key (partition, instance_key)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- Begins with the hub, so that a look-up by key (partition, instance_key) can't be planned on it.
create unique index instances_id on instances (hub_id, partition, instance_id);
-- Claims: unowned and deliverable, hub by hub.
create index instances_claimable on instances (hub_id, kind, ready_at) where owner is null and ready_at is not null;
create index instances_engine_work on instances (ready_at) where owner is null and engine_work;
-- Sweep: bells of owned rows; owners that are no longer alive.
create index instances_rung on instances (ready_at) where owner is not null and ready_at is not null;
create index instances_owner on instances (owner, partition, instance_key) where owner is not null;
create index instances_parent on instances (parent_key) where parent_key is not null;
create index instances_completed on instances (hub_id, completed_at, instance_id) where completed_at is not null;

-- One row per turn: framed HistoryEvents. Insert-only; its key is the last guard against two writers.
create table history (
  partition int4 not null,
  instance_key int8 not null,
  turn int4 not null,
  events bytea not null,
  primary key (partition, instance_key, turn)
);
alter table history alter column events set storage external;

create table inbox (
  partition int4 not null,
  instance_key int8 not null,
  rank int2 not null,
  message_id int8 not null,           -- from message_ids
  kind int2 not null,
  generation int4 not null,
  fires_at timestamptz,
  event bytea not null,
  primary key (partition, instance_key, rank, message_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

create table activities (
  partition int4 not null,
  instance_key int8 not null,
  activity_key int8 not null,
  generation int4 not null,
  task_id int4 not null,
  hub_id int4 not null,
  name text not null,
  version text,
  effective_version text,             -- what filters match: the activity's own version or its orchestration's
  owner int8,
  attempt int2 not null default 0,
  not_before timestamptz not null,
  request bytea not null,             -- encoded ActivityRequest
  primary key (partition, instance_key, activity_key)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index activities_claimable on activities (hub_id, not_before) where owner is null;
create index activities_owner on activities (owner) where owner is not null;

create table timers (
  partition int4 not null,
  fires_at timestamptz not null,
  timer_key int8 not null,
  instance_key int8 not null,
  generation int4 not null,
  kind int2 not null,                 -- of the message that firing makes
  rank int2 not null,
  event bytea not null,
  primary key (partition, fires_at, timer_key)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index timers_instance on timers (instance_key);

-- Turns that were answered or given back at a replica that does not own the instance, for the owner to record.
create table completions (
  replica_id int8 not null,
  hub_id int4 not null,
  token text collate "C" not null,
  chunk int4 not null,
  -- Null: the worker gave the turn back.
  bytes bytea,
  primary key (replica_id, hub_id, token, chunk)
);
