"""Funds transfer: a critical section over two entities. While it holds them, nobody else sees half a transfer."""

import uuid

from durabletask.entities import DurableEntity, EntityInstanceId
from sample import output_of, run_sample


class Account(DurableEntity):
    def add(self, amount):
        self.set_state(self.get_state(int, 0) + amount)
        return self.get_state(int)


def transfer(context, order):
    source, target = (EntityInstanceId("Account", order[side]) for side in ("source", "target"))
    with (yield context.lock_entities([source, target])):
        balance = yield context.call_entity(source, "add", 0)
        if balance < order["amount"]:
            return False
        yield context.call_entity(source, "add", -order["amount"])
        yield context.call_entity(target, "add", order["amount"])
        return True


def open_account(context, order):
    return (yield context.call_entity(EntityInstanceId("Account", order["account"]), "add", order["amount"]))


def sample(client):
    anna, ben = str(uuid.uuid4()), str(uuid.uuid4())

    def open_with(account, amount):
        order = {"account": account, "amount": amount}
        return output_of(client, client.schedule_new_orchestration(open_account, input=order))

    open_with(anna, 100)
    # Together they ask for more than there is; one of the two has to be refused.
    orders = [{"source": anna, "target": ben, "amount": amount} for amount in (70, 60)]
    ids = [client.schedule_new_orchestration(transfer, input=order) for order in orders]
    done = [output_of(client, instance_id) for instance_id in ids]

    balances = [open_with(anna, 0), open_with(ben, 0)]
    print(f"Transfers: {done}; balances: {balances}")
    assert done.count(True) == 1
    assert sum(balances) == 100
    assert min(balances) >= 0


run_sample(sample, orchestrators=[transfer, open_account], entities=[Account])
