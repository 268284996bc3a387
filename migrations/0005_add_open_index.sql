-- migration: online
-- Who asks what is not over yet doesn't go through everything that is. It negates the hub, so that plans made while the
-- table is empty can't take another index for it.
create index concurrently if not exists instances_open on instances ((- hub_id), created_at, instance_key)
  where completed_at is null and kind = 0;
