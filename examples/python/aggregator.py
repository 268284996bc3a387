"""Aggregator: many senders signal one entity, which adds up what they say."""

import uuid

from durabletask.entities import DurableEntity, EntityInstanceId
from sample import run_sample, until


class Temperatures(DurableEntity):
    def measured(self, degrees):
        self.set_state([*self.get_state(list, []), degrees])


def sample(client):
    room = EntityInstanceId("Temperatures", str(uuid.uuid4()))
    for degrees in (18, 21, 20, 24, 17):
        client.signal_entity(room, "measured", degrees)

    def all_measured():
        entity = client.get_entity(room)
        values = entity.get_typed_state(list) if entity else None
        return values if values and len(values) == 5 else None

    values = until(all_measured)
    print(f"{len(values)} values, {sum(values) / len(values)} on average, {max(values)} at most")
    assert sorted(values) == [17, 18, 20, 21, 24]


run_sample(sample, entities=[Temperatures])
