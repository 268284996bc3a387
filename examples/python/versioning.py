"""Versioning: an orchestrator branches on the version its instance was started with, so that old instances go on as
they began."""

from sample import output_of, run_sample


def price(context, amount):
    # What was started as 1 keeps the old price.
    return amount * (10 if context.version == "1" else 12)


def sample(client):
    prices = [
        output_of(client, client.schedule_new_orchestration(price, input=3, version=version)) for version in ("1", "2")
    ]
    print(f"Three pieces: {prices[0]} by version 1, {prices[1]} by version 2")
    assert prices == [30, 36]


run_sample(sample, orchestrators=[price])
