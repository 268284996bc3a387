-- migration: transactional
-- Keys that callers authenticate with. They count in the default store alone. The keys themselves are nowhere.
create table api_keys (
  key_id text collate "C" primary key,
  name text not null,                    -- for people; a key and the one that replaces it share it
  secret_hash bytea not null,
  role text collate "C" not null,
  hubs text collate "C" not null,        -- a pattern
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
