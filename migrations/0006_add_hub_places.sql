-- migration: transactional
-- Which store a task hub lives in. It counts in the default store alone; a hub that has no place lives there. A name gets
-- its place before its hub is made, so that no two stores have hubs of one name.
create table hub_places (
  name text collate "C" primary key,
  store text collate "C" not null,
  place_id int8 not null generated always as identity  -- another one when the name gets a place again
);

-- The place that the hub was made for. One place makes one hub: a deleted one tells late comers that it is used up.
alter table hubs add column place_id int8;
create unique index hubs_place on hubs (place_id) where place_id is not null;
