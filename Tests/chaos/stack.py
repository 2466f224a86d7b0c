"""The product's own executables over a cluster: a dispatcher, and functions that it may supervise."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from cluster import ROOT, free_port

sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tokens  # noqa: E402

BINARIES = os.environ.get("BINARIES") or os.path.join(ROOT, ".build", "release")
FUNCTION = "auth-profile-setup"
EXTERNAL_URL = "http://api.example"


def eventually(condition, within, what):
    """Waits until the condition holds; returns how many seconds that took."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        if condition():
            return time.monotonic() - began
        time.sleep(0.002)
    raise AssertionError(f"not within {within} s: {what}")


class Stack:
    def __init__(self, cluster, **settings):
        self.folder = tempfile.mkdtemp(prefix="sv-stack-", dir="/tmp")
        self.key, self.jwks = tokens.key_pair()
        self.port = free_port()
        self.log = os.path.join(self.folder, "log")
        self.conf = os.path.join(self.folder, "services.conf")
        self.settings = {
            "DATABASE_URL": cluster.url("edge"), "JWT_JWKS": self.jwks, "API_EXTERNAL_URL": EXTERNAL_URL,
            "RATE_LIMIT_USER_PER_HOUR": "10000000", "RATE_LIMIT_ANON_PER_HOUR": "10000000",
            "APP_BASE_URL": "http://app.example", **{name: str(value) for name, value in settings.items()}}
        self.processes = []
        self.dispatcher = None

    def token(self, user):
        now = int(time.time())
        return tokens.sign({"sub": user, "role": "authenticated", "aud": "authenticated",
                            "iss": f"{EXTERNAL_URL}/auth/v1", "iat": now, "exp": now + 7200}, self.key)

    def users(self, cluster, count):
        """[(id, token)] of new users."""
        ids = [str(uuid.UUID(int=int.from_bytes(os.urandom(16), "big"), version=4)) for _ in range(count)]
        rows = ", ".join(f"('{user}', '{user}@example.com')" for user in ids)
        cluster.sql(f"insert into auth.users (id, email) values {rows}")
        return [(user, self.token(user)) for user in ids]

    def function(self, address):
        """Starts the function by itself."""
        environment = {"PATH": os.environ["PATH"], **self._library_path(), **self.settings, "LISTEN": address}
        return self._start([os.path.join(BINARIES, FUNCTION)], environment)

    def dispatch(self, **environment):
        """Starts the dispatcher; with SUPERVISE in the environment it starts the services of `conf` too."""
        arguments = [os.path.join(BINARIES, "dispatcher")]
        if environment.pop("SUPERVISE", None):
            arguments.append("--supervise")
            environment.update(SERVICES=self.conf, RUN_DIR=os.path.join(self.folder, "run"), **self.settings)
        self.dispatcher = self._start(arguments, {
            "PATH": os.environ["PATH"], **self._library_path(), "LISTEN": f"127.0.0.1:{self.port}", **environment})
        return self.dispatcher

    def until_healthy(self, within=30):
        eventually(lambda: self.status("GET", "/health") == 200, within, "the stack is healthy")

    def connection(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def status(self, method, path, **headers):
        """The status of an answer; None when there is none."""
        connection = self.connection(3)
        try:
            connection.request(method, path, headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, arguments, environment):
        with open(self.log, "ab") as log:
            process = subprocess.Popen(arguments, env=environment, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)
        return process

    @staticmethod
    def _library_path():
        return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


class UnixConnection(http.client.HTTPConnection):
    """A connection to a process that listens on a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def payload(number):
    """A profile whose biography is a number, for ledgers."""
    return json.dumps({"display_name": "Chaos Monkey", "bio": str(number)})
