"""Prompt chaining: each prompt works on the answer to the one before. The model here is a stand-in."""

from sample import output_of, run_sample


def outline(_, topic):
    return [f"Why {topic}", f"How {topic}"]


def write(_, headings):
    return "\n".join(f"{heading}: …" for heading in headings)


def article(context, topic):
    headings = yield context.call_activity(outline, input=topic)
    if not headings:
        raise ValueError("the outline is empty")
    return (yield context.call_activity(write, input=headings))


def sample(client):
    output = output_of(client, client.schedule_new_orchestration(article, input="durability"))
    print(output)
    assert output == "Why durability: …\nHow durability: …"


run_sample(sample, orchestrators=[article], activities=[outline, write])
