"""Saga: when a step fails, what the earlier steps did is undone, last first."""

from durabletask import task
from sample import output_of, run_sample

log = []


def book(_, what):
    if what == "car":
        raise RuntimeError("no cars left")
    log.append(f"{what} booked")


def cancel(_, what):
    log.append(f"{what} cancelled")


def book_trip(context, parts):
    booked = []
    try:
        for part in parts:
            yield context.call_activity(book, input=part)
            booked.append(part)
        return "booked"
    except task.TaskFailedError:
        for part in reversed(booked):
            yield context.call_activity(cancel, input=part)
        return "undone"


def sample(client):
    parts = ["flight", "hotel", "car"]
    output = output_of(client, client.schedule_new_orchestration(book_trip, input=parts))
    print(f"{output}: {', '.join(log)}")
    assert output == "undone"
    assert log == ["flight booked", "hotel booked", "hotel cancelled", "flight cancelled"]


run_sample(sample, orchestrators=[book_trip], activities=[book, cancel])
