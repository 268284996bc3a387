"""The published packages over real TLS, each way of connecting: nothing, a key or a token as a credential object, a
managed identity, and a certificate."""

import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 120


class SecureServer:
    """The servers of test/sdk/secure-server.ts, and what it says of them."""

    def __init__(self):
        start = ["node", str(ROOT / "bin" / "start.mjs"), "--run", "../../test/sdk/secure-server.ts"]
        self.process = subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start")
        self.ready = json.loads(line)

    def token(self, query=""):
        with urllib.request.urlopen(self.ready["tokenUrl"] + query) as response:
            return response.read().decode()

    def close(self):
        # The end of its standard input ends it.
        self.process.communicate()


server = None


def setUpModule():
    global server
    server = SecureServer()


def tearDownModule():
    server.close()


# Run by a process of its own, with an environment of its own.
PROGRAM = """
import json, sys, time
import grpc
from pathlib import Path
from azure.core.credentials import AccessToken
from azure.identity import ManagedIdentityCredential
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker
from durabletask.internal.grpc_interceptor import DefaultClientInterceptorImpl

class Text:
    def __init__(self, text):
        self.text = text

    def get_token(self, *scopes, **options):
        return AccessToken(self.text, int(time.time()) + 3600)

way, address, hub, text, files = json.loads(sys.argv[1])
at = dict(host_address=address, taskhub=hub, token_credential=None, secure_channel=True)
if way == "object":
    at["token_credential"] = Text(text)
if way == "identity":
    at["token_credential"] = ManagedIdentityCredential()
if way == "certificate":
    ca, key, certificate = (Path(file).read_bytes() for file in files)
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca, key, certificate))
    # A channel of one's own has to name the task hub itself.
    at["channel"] = grpc.intercept_channel(channel, DefaultClientInterceptorImpl([("taskhub", hub)]))

def greet(context, name):
    return f"Hello, {name}!"

def hello(context, name):
    return (yield context.call_activity(greet, input=name))

with DurableTaskSchedulerWorker(**at) as worker:
    worker.add_activity(greet)
    worker.add_orchestrator(hello)
    worker.start()
    client = DurableTaskSchedulerClient(**at)
    id = client.schedule_new_orchestration(hello, input="world")
    print(client.wait_for_orchestration_completion(id, timeout=30).serialized_output)
"""


class SecurityTest(unittest.TestCase):
    def run_hello(self, way, text="", hub="orders-eu", address=None, header=None):
        ready = server.ready
        # How gRPC and the library that asks for tokens learn of an authority, and all that a managed identity is told.
        environment = {
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": ready["caFile"],
            "REQUESTS_CA_BUNDLE": ready["caFile"],
            "IDENTITY_ENDPOINT": ready["identityEndpoint"],
            "IDENTITY_HEADER": header or ready["key"],
        }
        files = [ready["caFile"], ready["keyFile"], ready["certFile"]]
        arguments = json.dumps([way, address or ready["address"], hub, text, files])
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )

    def assert_greeted(self, done):
        self.assertEqual(done.stdout.strip(), '"Hello, world!"', done.stderr)

    def test_without_authentication_an_orchestration_runs_where_everybody_may(self):
        self.assert_greeted(self.run_hello("none", address=server.ready["openAddress"]))

    def test_without_authentication_nothing_runs_where_callers_are_known(self):
        self.assertIn("wants to know who calls", self.run_hello("none").stderr)

    def test_a_key_as_a_credential_object_runs_an_orchestration(self):
        self.assert_greeted(self.run_hello("object", server.ready["key"]))

    def test_a_managed_identity_runs_an_orchestration_without_a_line_of_code(self):
        self.assert_greeted(self.run_hello("identity"))

    def test_a_managed_identity_with_a_wrong_key_gets_no_token(self):
        done = self.run_hello("identity", header=server.ready["key"][::-1])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("is not a valid API key", done.stderr)

    def test_a_token_of_an_issuer_runs_an_orchestration_also_after_its_keys_have_changed(self):
        self.assert_greeted(self.run_hello("object", server.token()))
        rotated = server.token("?rotate")
        # A key that nobody knows is looked for every five seconds at most.
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (done := self.run_hello("object", rotated)).returncode != 0 and time.monotonic() < deadline:
            time.sleep(1)
        self.assert_greeted(done)

    def test_a_token_that_has_expired_is_refused(self):
        self.assertIn("the token has expired", self.run_hello("object", server.token("?expired")).stderr)

    def test_a_certificate_runs_an_orchestration(self):
        self.assert_greeted(self.run_hello("certificate"))

    def test_a_key_and_a_certificate_are_refused_in_the_task_hubs_of_others(self):
        self.assertIn("task hub not found", self.run_hello("object", server.ready["key"], hub="payments").stderr)
        self.assertIn("task hub not found", self.run_hello("certificate", hub="payments").stderr)
