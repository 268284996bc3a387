-- migration: online
-- Begins with no column that look-ups by hub, partition and id name: a plan that is made while there are hardly any rows
-- could be made on it, and stays when there are many.
create index concurrently if not exists instances_creation on instances ((hub_id + 0), created_at, instance_key);
drop index concurrently if exists instances_created;
