#!/usr/bin/env python3
"""Runs a command against auth and the sandbox on an empty database.

    scripts/with-database Tests/clients/auth_stack.py COMMAND...
    scripts/with-database Tests/clients/auth_stack.py python3 Tests/clients/auth_client.py

DATABASE_URL is a superuser's. The executables are those of BINARIES, else of .build/release. COMMAND
finds SUPABASE_URL, ANON_KEY, SERVICE_ROLE_KEY and SANDBOX_URL; what it finds besides (AUTH_…) holds
for auth too. Mail gaps, limits and the least time of an answer are off unless they are set.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import settings  # noqa: E402
import tokens  # noqa: E402

QUIET = {"AUTH_MAIL_GAP_SECONDS": "0", "AUTH_RATE_LIMITS": "off", "AUTH_ANSWER_FLOOR_MS": "0"}
PASSWORD = "a-password-for-tests"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """Auth and the sandbox as processes; auth can be killed and started again."""

    def __init__(self, **more):
        self.binaries = os.environ.get("BINARIES") or os.path.join(ROOT, ".build", "release")
        self.database = os.environ["DATABASE_URL"]
        migrate = os.path.join(ROOT, "scripts", "migrate")
        environment = {**os.environ, "AUTH_ADMIN_PASSWORD": PASSWORD}
        subprocess.run([migrate], env=environment, check=True, stdout=subprocess.DEVNULL)
        key, public = tokens.key_pair()
        self.port, self.sandbox_port, self.smtp_port = free_port(), free_port(), free_port()
        self.url, self.sandbox = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.sandbox_port}"
        self.settings = {
            **QUIET, **{name: value for name, value in os.environ.items() if name.startswith("AUTH_")}, **more,
            "DATABASE_URL": settings.with_login(self.database, "auth_admin", PASSWORD),
            "LISTEN": f"127.0.0.1:{self.port}", "API_EXTERNAL_URL": self.url, "LOG_LEVEL": "warning",
            "JWT_SIGNING_KEY": key, "JWT_JWKS": public,
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}", "SMTP_FROM": "auth@example.com",
        }
        self.keys = {
            name: tokens.sign({"iss": "streamvibe", "role": role}, key)
            for name, role in (("ANON_KEY", "anon"), ("SERVICE_ROLE_KEY", "service_role"))}
        self.processes = {}
        try:
            self.start("sandbox", {
                "LISTEN": f"127.0.0.1:{self.sandbox_port}", "SMTP_LISTEN": f"127.0.0.1:{self.smtp_port}", "LOG_LEVEL": "warning"})
            self.start("auth", self.settings)
        except BaseException:
            self.stop()
            raise

    def start(self, name, values):
        self.processes[name] = subprocess.Popen([os.path.join(self.binaries, name)], env={"PATH": os.environ["PATH"], **values})
        place = values["LISTEN"]
        for _ in range(400):
            if self.processes[name].poll() is not None:
                raise SystemExit(f"{name} ended with {self.processes[name].returncode}")
            try:
                with urllib.request.urlopen(f"http://{place}/health/live", timeout=1):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise SystemExit(f"{name} does not answer")

    def kill(self):
        """Auth, without a word."""
        self.processes["auth"].kill()
        self.processes.pop("auth").wait()

    def restart(self):
        self.start("auth", self.settings)

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait()

    def environment(self):
        return {"SUPABASE_URL": self.url, "SANDBOX_URL": self.sandbox, **self.keys}

    def post(self, path, body):
        """(status, JSON) of a request to auth; status 0 when nobody answers."""
        request = urllib.request.Request(
            f"{self.url}/auth/v1/{path}", json.dumps(body).encode(), {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)
        except (OSError, urllib.error.URLError):
            return 0, None

    def inbox(self, address):
        with urllib.request.urlopen(f"{self.sandbox}/inbox?to={address}", timeout=10) as answer:
            return json.load(answer)


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if not sys.argv[1:]:
        sys.exit("auth_stack: which command?")
    stack = Stack()
    try:
        return subprocess.run(sys.argv[1:], env={**os.environ, **stack.environment()}, check=False).returncode
    finally:
        stack.stop()


if __name__ == "__main__":
    sys.exit(main())
