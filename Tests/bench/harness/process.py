"""Starts processes that are measured, waits until they answer, and ends them by their id."""

import http.client
import os
import signal
import socket
import subprocess
import time

from harness import machine


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout=5):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(address, path, headers=None):
    """(status, headers by lower-case name, body) of a GET; `address` is host:port or unix:/path."""
    connection = UnixConnection(address[5:]) if address.startswith("unix:") else http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class Process:
    """A process of our own; a context manager that ends it."""

    def __init__(self, name, arguments, environment=None, folder="/tmp"):
        self.name = name
        self.log = os.path.join(folder, f"{name}.log".replace("/", "-").replace(" ", "-"))
        self.arguments = arguments
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, **(environment or {})}
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(12)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait(self, address, path, headers=None, seconds=20):
        """Until it answers `path` with 200; returns the answer."""
        end = time.monotonic() + seconds
        last = "no answer"
        while time.monotonic() < end:
            if self.process.poll() is not None:
                last = f"it ended with {self.process.returncode}"
                break
            try:
                answer = ask(address, path, headers)
                if answer[0] == 200:
                    return answer
                last = f"{answer[0]} {answer[2][:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                last = repr(error)
            time.sleep(0.02)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise SystemExit(f"bench: {self.name} does not answer {path}: {last}\n{log.read()[-2000:]}")

    def cpu(self):
        return machine.cpu_of(machine.family(self.pid))
