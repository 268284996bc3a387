"""Fan-out and fan-in: many activities at once, then one result of all of theirs."""

from durabletask import task
from sample import output_of, run_sample


def count_words(_, text):
    return len(text.split())


def count_all_words(context, texts):
    counts = yield task.when_all([context.call_activity(count_words, input=text) for text in texts])
    return sum(counts)


def sample(client):
    texts = ["one", "one two", "one two three", "one two three four"]
    output = output_of(client, client.schedule_new_orchestration(count_all_words, input=texts))
    print(f"{output} words in {len(texts)} texts")
    assert output == 10


run_sample(sample, orchestrators=[count_all_words], activities=[count_words])
