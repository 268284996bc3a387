-- migration: transactional
-- Keys that payloads of this store are, or may be, sealed with: no server starts without one of them, and none with
-- another key of the same id. The keys themselves are nowhere.
create table encryption_keys (
  key_id text collate "C" primary key,
  fingerprint bytea not null,
  used_at timestamptz not null           -- when a server last began to seal with it
);

-- The key ring of a server in its order, 'clear' where it seals nothing; null: of a version that can't open anything.
alter table replicas add column key_ids text[];
