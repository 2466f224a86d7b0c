"""A stack that scripts/run brought up, on a port of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UP = "Ctrl-C stops everything."
CLUSTER = ". scripts/lib/cluster.sh; "


def free_port():
    """A port with the database's and the mail server's beside it."""
    while True:
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1000))
                three.bind(("127.0.0.1", port + 4))
                return port
            except (OSError, OverflowError):
                continue


def taken(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes(marker):
    """Ids of the processes that have `marker` in an argument or in their environment."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as line, open(f"/proc/{name}/environ", "rb") as environ:
                if marker.encode() in line.read() + environ.read() and int(name) != os.getpid():
                    found.append(int(name))
        except OSError:
            pass
    return found


def environment(**more):
    """Without what names another database or stack: a newcomer has set nothing."""
    names = ("API_", "APP_", "AUTH_", "DATABASE_", "JWT_", "POSTGRES_", "RATE_", "SMTP_", "TEST_")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(names)}, **more}


class Stack:
    """One `scripts/run` on a port of its own."""

    def __init__(self, port=None, **environ):
        self.port = port or free_port()
        self.data = os.path.join(ROOT, ".data", str(self.port))
        self.printed = ""
        self.began = time.monotonic()
        # From another folder, in a session of its own: a signal reaches the script alone.
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "scripts", "run")], cwd="/", env=environment(PORT=str(self.port), **environ), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            # Whoever runs the tests in the background ignores Ctrl-C; the script must not inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def until_up(self):
        for line in self.process.stdout:
            self.printed += line
            if UP in line:
                self.seconds = time.monotonic() - self.began
                return self
        raise AssertionError(f"it ended with {self.process.wait()}:\n{self.printed}")

    def commands(self):
        text = self.printed.split("Try:\n")[1].split(UP)[0].replace("\\\n", " ")
        return [line.strip() for line in text.splitlines() if line.strip()]

    def request(self, path, body=None, **headers):
        """(status, headers, JSON) of an answer."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers={"Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, answer.headers, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.loads(error.read() or b"null")

    def stop(self, sent=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sent)
        try:
            code = self.process.wait(40)
        finally:
            self.process.stdout.close()
        return code

    def bash(self, text):
        return subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=ROOT, env=environment(), check=True, capture_output=True, text=True).stdout

    def remove(self):
        self.stop()
        self.bash(CLUSTER + f"cluster_remove '{self.data}/postgres'")
        shutil.rmtree(self.data, ignore_errors=True)
