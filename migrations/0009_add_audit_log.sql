-- migration: transactional
-- Who did what. It counts in the default store alone. Rows are added, and deleted when they are old; none is changed.
create table audit_log (
  at timestamptz not null,
  entry_id uuid not null,                -- made by who writes: what is written twice is there once
  action text collate "C" not null,      -- an rpc, or what a command did
  hub text collate "C" not null,         -- empty, as below: none
  target text not null,
  outcome text collate "C" not null,     -- gRPC's name of the status
  who text collate "C" not null,
  who_name text not null,
  known_by text collate "C" not null,
  peer text not null,
  primary key (at, entry_id)
);
