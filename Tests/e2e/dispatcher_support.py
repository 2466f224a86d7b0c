"""Runs the built dispatcher with stand-in services, and talks to it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.join(os.environ.get("BINARIES") or os.path.join(ROOT, ".build", "release"), "dispatcher")
KEY = "the key that the tests share"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, within=5.0, what="the condition"):
    """Waits until the condition holds and returns its value."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"{what} did not come true within {within} s")


def together(count, call):
    """Calls at once from so many threads; the results."""
    results = [None] * count

    def run(index):
        results[index] = call(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Answer:
    def __init__(self, response, body):
        self.status, self.body = response.status, body
        self.fields = [(name.lower(), value) for name, value in response.getheaders()]

    def field(self, name):
        """The one value of a field; several are a mistake."""
        values = [value for key, value in self.fields if key == name.lower()]
        assert len(values) <= 1, f"{name} is given {len(values)} times"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)


class Stack:
    """A dispatcher and its services in a folder of their own."""

    def __init__(self, supervises=True, environment=None):
        self.folder = tempfile.mkdtemp(prefix="sv-", dir="/tmp")
        self.port = free_port()
        self.record = os.path.join(self.folder, "record")
        self.log = os.path.join(self.folder, "log")
        self.conf = os.path.join(self.folder, "services.conf")
        self.supervises = supervises
        self.environment = {"PATH": os.environ["PATH"], "LISTEN": f"127.0.0.1:{self.port}", "EDGE_PROXY_KEY": KEY,
                            "RUN_DIR": os.path.join(self.folder, "run"), "SERVICES": self.conf,
                            "METRICS_LISTEN": f"unix:{self.folder}/m.sock", "RECORD": self.record,
                            **({"LD_LIBRARY_PATH": os.environ["LD_LIBRARY_PATH"]} if "LD_LIBRARY_PATH" in os.environ else {}),
                            **(environment or {})}
        self.services = {}
        self.process = None
        self.backends = []

    # -- services

    def program(self, name, **variables):
        """Writes an executable that is the stand-in with these variables; a new file each time."""
        path = os.path.join(self.folder, name)
        settings = {"NAME": name, **{key: str(value) for key, value in variables.items()}}
        backend = os.path.join(HERE, "dispatcher_backend.py")
        text = (f"#!{sys.executable} -SE\nimport os, runpy\nos.environ.update({settings!r})\n"
                f"runpy.run_path({backend!r}, run_name='__main__')\n")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path + ".new", 0o755)
        os.replace(path + ".new", path)
        return path

    def service(self, name, paths=None, names="RECORD", binary=None, **variables):
        binary = binary or self.program(name, **variables)
        self.services[name] = f"{name} {binary} {paths or f'/functions/v1/{name},/{name}'} {names}"
        self.write()

    def write(self):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write("# services\n" + "".join(f"{line}\n" for line in self.services.values()))

    def backend(self, name, address=None, **variables):
        """Starts a stand-in that the dispatcher does not run; returns its process and address."""
        address = address or f"unix:{self.folder}/{name}.sock"
        environment = {**os.environ, "LISTEN": address, "RECORD": self.record}
        environment.pop("METRICS_LISTEN", None)
        process = subprocess.Popen([self.program(name, **variables)], env=environment)
        self.backends.append(process)
        eventually(lambda: reaches(address), what=f"{name} listening")
        return process, address

    # -- the dispatcher

    def start(self, ready=True):
        log = open(self.log, "ab")  # noqa: SIM115
        arguments = [BINARY] + (["--supervise"] if self.supervises else [])
        self.process = subprocess.Popen(arguments, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        log.close()
        eventually(lambda: self.process.poll() is not None or reaches(f"127.0.0.1:{self.port}"), what="listening")
        if ready:
            eventually(lambda: self.get("/health").status == 200, within=15, what="health")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for backend in self.backends:
            if backend.poll() is None:
                backend.kill()
            backend.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, timeout=10):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def request(self, method, path, body=None, headers=None, timeout=20, source=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout, source_address=source)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def raw(self, data, timeout=10, half_close=False):
        """Sends bytes and returns everything until the connection ends."""
        with self.connect(timeout) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received

    # -- what happened

    def lines(self):
        """The log so far; a line that is being written is none yet."""
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.startswith("{") and line.endswith("\n")]

    def events(self, **wanted):
        try:
            with open(self.record, encoding="utf-8") as file:
                entries = [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []
        return [entry for entry in entries if all(entry.get(key) == value for key, value in wanted.items())]

    def pid(self, name):
        """The process that serves now."""
        return self.get(f"/{name}/pid").json["pid"]


class Load:
    """Requests over keep-alive connections until stopped; remembers each that failed."""

    def __init__(self, stack, path, threads=8, method="GET"):
        self.stack, self.path, self.method = stack, path, method
        self.failures, self.versions, self.count = [], {}, 0
        self.running = True
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=20)
        while self.running and len(self.failures) < 100:
            try:
                connection.request(self.method, self.path, b"x" * 100 if self.method == "POST" else None)
                response = connection.getresponse()
                body = response.read()
                self.count += 1
                if response.status != 200:
                    self.failures.append((response.status, body))
                else:
                    version = json.loads(body)["version"]
                    self.versions[version] = self.versions.get(version, 0) + 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()


def reaches(address):
    try:
        if address.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(address[5:])
        else:
            host, port = address.rsplit(":", 1)
            socket.create_connection((host, int(port)), 1).close()
        return True
    except OSError:
        return False


def echoed(answer, name):
    """The values of a field as the service got it."""
    return [value for key, value in answer.json["fields"] if key.lower() == name.lower()]


class StackTest(unittest.TestCase):
    """A test with a stack of its own."""

    def stack(self, **options):
        stack = Stack(**options)
        self.addCleanup(stack.stop)
        return stack
