-- migration: online
-- Queries and purges by filter go through a hub's instances in the order in which they were created.
create index concurrently if not exists instances_created on instances (hub_id, created_at, instance_key);
