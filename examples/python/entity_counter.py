"""Durable entity: a small object with a state that the server keeps; it does one operation at a time."""

import uuid

from durabletask.entities import DurableEntity, EntityInstanceId
from sample import output_of, run_sample


class Counter(DurableEntity):
    def add(self, amount):
        self.set_state(self.get_state(int, 0) + amount)
        return self.get_state(int)


def count_to_five(context, key):
    counter = EntityInstanceId("Counter", key)
    # A signal waits for nothing; a call waits for the answer. Both are done in order.
    for _ in range(4):
        context.signal_entity(counter, "add", 1)
    return (yield context.call_entity(counter, "add", 1))


def sample(client):
    output = output_of(client, client.schedule_new_orchestration(count_to_five, input=str(uuid.uuid4())))
    print(f"The counter says {output}")
    assert output == 5


run_sample(sample, orchestrators=[count_to_five], entities=[Counter])
