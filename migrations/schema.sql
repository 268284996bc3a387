-- What the migrations make, rendered by "npm run schema". Not run by anything.

create sequence keys as bigint;

create sequence message_ids as bigint;

create table activities (
  partition integer not null,
  instance_key bigint not null,
  activity_key bigint not null,
  generation integer not null,
  task_id integer not null,
  hub_id integer not null,
  name text not null,
  version text,
  effective_version text,
  owner bigint,
  attempt smallint not null default 0,
  not_before timestamp with time zone not null,
  request bytea not null,
  constraint activities_pkey PRIMARY KEY (partition, instance_key, activity_key)
) with (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=10000);
CREATE INDEX activities_claimable ON activities USING btree (hub_id, not_before) WHERE (owner IS NULL);
CREATE INDEX activities_owner ON activities USING btree (owner) WHERE (owner IS NOT NULL);

create table api_keys (
  key_id text collate "C" not null,
  name text not null,
  secret_hash bytea not null,
  role text collate "C" not null,
  hubs text collate "C" not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (key_id)
);

create table audit_log (
  at timestamp with time zone not null,
  entry_id uuid not null,
  action text collate "C" not null,
  hub text collate "C" not null,
  target text not null,
  outcome text collate "C" not null,
  who text collate "C" not null,
  who_name text not null,
  known_by text collate "C" not null,
  peer text not null,
  constraint audit_log_pkey PRIMARY KEY (at, entry_id)
);

create table completions (
  replica_id bigint not null,
  hub_id integer not null,
  token text collate "C" not null,
  chunk integer not null,
  bytes bytea,
  constraint completions_pkey PRIMARY KEY (replica_id, hub_id, token, chunk)
);

create table encryption_keys (
  key_id text collate "C" not null,
  fingerprint bytea not null,
  used_at timestamp with time zone not null,
  constraint encryption_keys_pkey PRIMARY KEY (key_id)
);

create table history (
  partition integer not null,
  instance_key bigint not null,
  turn integer not null,
  events bytea storage external not null,
  constraint history_pkey PRIMARY KEY (partition, instance_key, turn)
);

create table hub_arrivals (
  place_id bigint not null,
  has_arrived boolean not null,
  constraint hub_arrivals_pkey PRIMARY KEY (place_id)
);

create table hub_places (
  name text collate "C" not null,
  store text collate "C" not null,
  place_id bigint not null generated always as identity,
  constraint hub_places_pkey PRIMARY KEY (name)
);

create table hubs (
  hub_id integer not null generated always as identity,
  name text collate "C" not null,
  settings jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default clock_timestamp(),
  deleted_at timestamp with time zone,
  place_id bigint,
  moving_to text collate "C",
  moving_place bigint,
  constraint hubs_pkey PRIMARY KEY (hub_id)
);
CREATE UNIQUE INDEX hubs_living_name ON hubs USING btree (name) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX hubs_place ON hubs USING btree (place_id) WHERE (place_id IS NOT NULL);

create table inbox (
  partition integer not null,
  instance_key bigint not null,
  rank smallint not null,
  message_id bigint not null,
  kind smallint not null,
  generation integer not null,
  fires_at timestamp with time zone,
  event bytea not null,
  constraint inbox_pkey PRIMARY KEY (partition, instance_key, rank, message_id)
) with (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=10000);

create table instances (
  partition integer not null,
  instance_key bigint not null,
  hub_id integer not null,
  kind smallint not null,
  instance_id text collate "C" not null,
  generation integer not null,
  execution_id text not null,
  name text not null,
  version text,
  status smallint not null,
  owner bigint,
  ready_at timestamp with time zone,
  engine_work boolean not null default false,
  attempts smallint not null default 0,
  turn integer not null default 0,
  input bytea,
  output bytea,
  custom_status bytea,
  failure bytea,
  tags jsonb,
  parent_partition integer,
  parent_key bigint,
  parent_generation integer,
  parent_task_id integer,
  parent bytea,
  suspension bytea,
  trace_context bytea,
  is_rewound boolean not null default false,
  history_bytes bigint not null default 0,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  scheduled_at timestamp with time zone,
  held_by jsonb,
  sections jsonb,
  constraint instances_pkey PRIMARY KEY (partition, instance_key)
) with (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0.02, fillfactor=80);
CREATE INDEX instances_claimable ON instances USING btree (hub_id, kind, ready_at) WHERE ((owner IS NULL) AND (ready_at IS NOT NULL));
CREATE INDEX instances_completed ON instances USING btree (hub_id, completed_at, instance_id) WHERE (completed_at IS NOT NULL);
CREATE INDEX instances_creation ON instances USING btree (((hub_id + 0)), created_at, instance_key);
CREATE INDEX instances_engine_work ON instances USING btree (ready_at) WHERE ((owner IS NULL) AND engine_work);
CREATE INDEX instances_entities ON instances USING btree (hub_id, instance_id) WHERE (kind = 1);
CREATE UNIQUE INDEX instances_id ON instances USING btree (hub_id, partition, instance_id);
CREATE INDEX instances_open ON instances USING btree (((- hub_id)), created_at, instance_key) WHERE ((completed_at IS NULL) AND (kind = 0));
CREATE INDEX instances_owner ON instances USING btree (owner, partition, instance_key) WHERE (owner IS NOT NULL);
CREATE INDEX instances_parent ON instances USING btree (parent_key) WHERE (parent_key IS NOT NULL);
CREATE INDEX instances_rung ON instances USING btree (ready_at) WHERE ((owner IS NOT NULL) AND (ready_at IS NOT NULL));

create table migrations (
  version integer not null,
  name text not null,
  checksum text not null,
  is_breaking boolean not null,
  started_at timestamp with time zone not null default clock_timestamp(),
  finished_at timestamp with time zone,
  constraint migrations_pkey PRIMARY KEY (version)
);

create table replicas (
  replica_id bigint not null,
  address text not null,
  version text not null,
  started_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  key_ids text[],
  constraint replicas_pkey PRIMARY KEY (replica_id)
);

create table signals (
  hub_id integer not null,
  request text collate "C" not null,
  claim bigint not null,
  sent_at timestamp with time zone not null default clock_timestamp(),
  constraint signals_pkey PRIMARY KEY (hub_id, request)
) with (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=10000);
CREATE INDEX signals_sent_at ON signals USING btree (sent_at);

create table timers (
  partition integer not null,
  fires_at timestamp with time zone not null,
  timer_key bigint not null,
  instance_key bigint not null,
  generation integer not null,
  kind smallint not null,
  rank smallint not null,
  event bytea not null,
  constraint timers_pkey PRIMARY KEY (partition, fires_at, timer_key)
) with (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=10000);
CREATE INDEX timers_instance ON timers USING btree (instance_key);
