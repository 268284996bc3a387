"""AI agent: a model says which tool to use next until it has an answer. The model here is a stand-in."""

from sample import output_of, run_sample

MAX_STEPS = 10


def ask_model(_, conversation):
    said = conversation[1:]
    if not said:
        return {"tool": "weather", "input": "Oslo"}
    if len(said) == 1:
        return {"tool": "packing_list", "input": said[0]}
    return {"answer": f"It is {said[0]} in Oslo. Take {said[1]}."}


def weather(*_):
    return "rainy"


def packing_list(_, sky):
    return "an umbrella" if sky == "rainy" else "sunglasses"


def agent(context, question):
    conversation = [question]
    for _ in range(MAX_STEPS):
        step = yield context.call_activity(ask_model, input=conversation)
        if "answer" in step:
            return step["answer"]
        conversation.append((yield context.call_activity(step["tool"], input=step["input"])))
    raise RuntimeError(f"no answer in {MAX_STEPS} steps")


def sample(client):
    question = "What do I need for a day in Oslo?"
    output = output_of(client, client.schedule_new_orchestration(agent, input=question))
    print(output)
    assert output == "It is rainy in Oslo. Take an umbrella."


run_sample(sample, orchestrators=[agent], activities=[ask_model, weather, packing_list])
