"""Async HTTP API: POST starts the work and answers 202 with an address; GET there says 202 until the work is done."""

import threading
import urllib.request
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from durabletask.client import OrchestrationStatus
from sample import run_sample, until


def make_report(_, month):
    return f"Report of {month}"


def report(context, month):
    yield context.create_timer(timedelta(seconds=0.5))
    return (yield context.call_activity(make_report, input=month))


class Api(BaseHTTPRequestHandler):
    def __init__(self, client, *connection):
        self.client = client
        super().__init__(*connection)

    def do_POST(self):
        instance_id = self.client.schedule_new_orchestration(report, input=urlsplit(self.path).query)
        self.answer(202, location=f"/reports/{instance_id}")

    def do_GET(self):
        state = self.client.get_orchestration_state(self.path.split("/")[-1])
        if state is None:
            self.answer(404)
        elif state.runtime_status == OrchestrationStatus.COMPLETED:
            self.answer(200, state.get_output())
        elif state.runtime_status in (OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED):
            self.answer(500)
        else:
            self.answer(202, location=self.path)

    def answer(self, status, text="", location=None):
        self.send_response(status)
        if location is not None:
            self.send_header("location", location)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def ask(address, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(address, method=method)) as response:
        return response.status, response.headers["location"], response.read().decode()


def use(api):
    status, location, _ = ask(f"{api}/reports?May", "POST")
    assert status == 202
    assert ask(api + location)[0] == 202

    def when_done():
        status, _, text = ask(api + location)
        return None if status == 202 else (status, text)

    status, text = until(when_done)
    print(f"{status}: {text}")
    assert (status, text) == (200, "Report of May")


def sample(client):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Api, client)) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            use(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()


run_sample(sample, orchestrators=[report], activities=[make_report])
