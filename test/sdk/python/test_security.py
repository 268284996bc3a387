"""The published packages over real TLS, with an API key: as a credential object, and by a managed identity."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 120


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class SecureServer:
    """A server of its own with TLS and keys, its data in a folder that goes with it."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp())
        # Root's PostgreSQL runs as another user, who has to get at the data.
        self.folder.chmod(0o755)
        self.ca = self.folder / "ca.pem"
        self._make_certificates()
        self.log = self.folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self._command(
                    *("dev", "--grpc-port", "0", "--metrics-port", "0", "--identity-port", "0", "--log-format", "json"),
                    *("--dynamic-task-hubs", "--drain-seconds", "0", "--api-keys"),
                    *("--tls-cert-file", self.folder / "server.pem", "--tls-key-file", self.folder / "server.key"),
                ),
                stdout=log,
                stderr=log,
            )
        try:
            ready = self._ready()
        except BaseException:
            self.close()
            raise
        self.address = ready["gRPC endpoint"]
        self.identity_endpoint = ready["Managed identity"]

    def _command(self, *arguments):
        start = ["node", ROOT / "bin" / "start.mjs", *arguments, "--data-dir", self.folder / "data"]
        return [str(part) for part in start]

    def _make_certificates(self):
        folder = self.folder
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl(
            *("req", "-x509", *key, "-keyout", folder / "ca.key", "-out", self.ca, "-subj", "/CN=Authority of a test"),
        )
        openssl("req", *key, "-keyout", folder / "server.key", "-out", folder / "server.csr", "-subj", "/CN=localhost")
        openssl(
            *("x509", "-req", "-in", folder / "server.csr", "-out", folder / "server.pem", "-days", "1"),
            *("-CA", self.ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-extfile", folder / "names"),
        )

    def _ready(self):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            line = re.search(r'^.*"msg":"ready".*$', self.log.read_text(), re.MULTILINE)
            if line:
                return json.loads(line[0])
            time.sleep(0.1)
        raise RuntimeError(f"the server did not start: {self.log.read_text()}")

    def make_key(self, role, hubs):
        made = subprocess.run(
            self._command("key", "create", "--name", "a test", "--role", role, "--hub", hubs),
            check=True,
            capture_output=True,
            text=True,
        )
        return made.stdout.strip()

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


server = None


def setUpModule():
    global server
    server = SecureServer()


def tearDownModule():
    server.close()


# Run by a process of its own, with an environment of its own.
PROGRAM = """
import sys, time
from azure.core.credentials import AccessToken
from azure.identity import ManagedIdentityCredential
from durabletask.azuremanaged.client import DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker

class Key:
    def __init__(self, key):
        self.key = key

    def get_token(self, *scopes, **options):
        return AccessToken(self.key, int(time.time()) + 3600)

address, hub, way, key = sys.argv[1:]
credential = ManagedIdentityCredential() if way == "identity" else Key(key)
at = dict(host_address=address, taskhub=hub, token_credential=credential, secure_channel=True)

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
    def greeting(self, way, key, hub="orders-eu", header=None):
        # How gRPC and the library that asks for tokens learn of an authority, and all that a managed identity is told.
        environment = {
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(server.ca),
            "REQUESTS_CA_BUNDLE": str(server.ca),
            "IDENTITY_ENDPOINT": server.identity_endpoint,
            "IDENTITY_HEADER": header or key,
        }
        address = server.address.removeprefix("https://")
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, address, hub, way, key],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )

    def test_a_key_as_a_credential_object_runs_an_orchestration(self):
        done = self.greeting("key", server.make_key("contributor", "orders*"))
        self.assertEqual(done.stdout.strip(), '"Hello, world!"', done.stderr)

    def test_a_managed_identity_runs_an_orchestration_without_a_line_of_code(self):
        done = self.greeting("identity", server.make_key("contributor", "orders*"))
        self.assertEqual(done.stdout.strip(), '"Hello, world!"', done.stderr)

    def test_a_managed_identity_with_a_wrong_key_gets_no_token(self):
        key = server.make_key("contributor", "orders*")
        done = self.greeting("identity", key, header=key[::-1])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("is not a valid API key", done.stderr)

    def test_a_key_is_refused_in_the_task_hubs_of_others(self):
        done = self.greeting("key", server.make_key("contributor", "orders*"), hub="payments")
        self.assertIn("task hub not found", done.stderr)
