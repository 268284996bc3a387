-- migration: transactional
-- A task hub that is on its way to another store: which one, and the place that it will have there. No replica that
-- registers while this is set serves the hub, so nothing of it changes that anybody could have seen.
alter table hubs
  add column moving_to text collate "C",
  add column moving_place int8;

-- What became of each attempt to bring a task hub to this store, by its place. Whoever is first decides: the hub with its
-- rows, or the word that they will never come. Kept for ever, because a mark elsewhere may still name it.
create table hub_arrivals (
  place_id int8 primary key,
  has_arrived boolean not null
);
