"""Large payloads: a fan-out whose results are hundreds of kilobytes each."""

from durabletask import task
from sample import output_of, run_sample

SIZE = 300_000


def load_page(_, letter):
    return letter * SIZE


def load_book(context, letters):
    pages = yield task.when_all([context.call_activity(load_page, input=letter) for letter in letters])
    return [[page[0], len(page)] for page in pages]


def sample(client):
    output = output_of(client, client.schedule_new_orchestration(load_book, input=list("abcdef")))
    print(f"{len(output)} pages of {output[0][1]} characters")
    assert output == [[letter, SIZE] for letter in "abcdef"]


run_sample(sample, orchestrators=[load_book], activities=[load_page])
