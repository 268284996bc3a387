-- migration: transactional
-- A task hub that is on its way to another store: which one, and the place that it will have there. No replica that
-- registers while this is set serves the hub, so nothing of it changes that anybody could have seen.
alter table hubs
  add column moving_to text collate "C",
  add column moving_place int8;
