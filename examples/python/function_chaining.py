"""Function chaining: each step gets the result of the one before."""

from sample import output_of, run_sample


def greet(_, name):
    return f"Hello {name}"


def ask(_, text):
    return f"{text}, how are you?"


def greeting(context, name):
    greeted = yield context.call_activity(greet, input=name)
    return (yield context.call_activity(ask, input=greeted))


def sample(client):
    output = output_of(client, client.schedule_new_orchestration(greeting, input="Ada"))
    print(output)
    assert output == "Hello Ada, how are you?"


run_sample(sample, orchestrators=[greeting], activities=[greet, ask])
