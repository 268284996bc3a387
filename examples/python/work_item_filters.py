"""Work-item filters: workers that each take a part of the work, here one activity each."""

from sample import new_worker, output_of, run_sample


def download(_, picture):
    return f"{picture} by the network worker"


def resize(_, picture):
    return f"{picture}, small by the graphics worker"


def thumbnail(context, picture):
    loaded = yield context.call_activity("download", input=picture)
    return (yield context.call_activity("resize", input=loaded))


def sample(client):
    # The filters are made from what is registered.
    with new_worker(activities=[download]) as network, new_worker(activities=[resize]) as graphics:
        network.start()
        graphics.start()
        output = output_of(client, client.schedule_new_orchestration(thumbnail, input="cat"))
    print(output)
    assert output == "cat by the network worker, small by the graphics worker"


run_sample(sample, orchestrators=[thumbnail])
