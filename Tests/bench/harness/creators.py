"""Linking and syncing beside the sandbox: the processes that a case needs, and people with linked accounts."""

import base64
import contextlib
import http.client
import json
import secrets
import time
import urllib.parse

import settings  # of scripts/lib

from harness import machine
from harness.process import free_port

PLATFORM = "youtube"
FUNCTIONS = (f"oauth-{PLATFORM}-init", f"oauth-{PLATFORM}-callback", f"sync-{PLATFORM}")
SCOPE = "https://www.googleapis.com/auth/youtube.readonly"


def send(method, address, path, body=None, headers=None):
    """(status, headers by lower-case name, body)"""
    connection = http.client.HTTPConnection(address, timeout=600)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class Creators:
    """A context manager: the processes run while it lasts."""

    def __init__(self, context):
        self.context = context
        self.addresses = {name: f"127.0.0.1:{free_port()}" for name in (*FUNCTIONS, "sandbox")}
        self.sandbox = self.addresses["sandbox"]
        # No dispatcher is in between: the callback's own address stands where its would.
        self.redirect = f"http://{self.addresses[FUNCTIONS[1]]}/functions/v1/{FUNCTIONS[1]}"
        self.client, self.secret = f"sandbox-{PLATFORM}", secrets.token_hex(16)
        self.settings = {
            "API_EXTERNAL_URL": self.redirect.partition("/functions")[0], "VAULT_KEYS": f"bench:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "RATE_LIMIT_USER_PER_HOUR": "1000000", "RATE_LIMIT_ANON_PER_HOUR": "1000000", "YOUTUBE_DAILY_UNITS": "100000000",
            f"{PLATFORM.upper()}_CLIENT_ID": self.client, f"{PLATFORM.upper()}_CLIENT_SECRET": self.secret,
            **{name: f"http://{self.sandbox}/{path}" for name, path in settings.PLAYED.items()}}
        self.processes = {}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for name, address in self.addresses.items():
                more = {"SMTP_LISTEN": f"127.0.0.1:{free_port()}"} if name == "sandbox" else {}
                self.processes[name] = stack.enter_context(self.context.program(name, LISTEN=address, **self.settings, **more))
                self.processes[name].wait(address, "/health")
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def admin(self, method, path, body=None):
        status, _, text = send(method, self.sandbox, f"/admin/{path}", body and json.dumps(body), {"Content-Type": "application/json"})
        if status >= 300:
            raise SystemExit(f"bench: sandbox: {method} {path}: {status} {text[:500]!r}")
        return json.loads(text or b"null")

    def channel(self, key, size):
        """Of a seed of its own, so that every contender's catalogue is alike."""
        self.admin("POST", f"creators/{PLATFORM}", {"key": key, "size": size, "seed": 7, "shape": "videos"})
        return key

    def call(self, name, token, body):
        status, _, text = send(
            "POST", self.addresses[name], f"/{name}", json.dumps(body), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        if status != 200:
            raise SystemExit(f"bench: {name}: {status} {text[:500]!r}")
        return json.loads(text)

    def link(self, token, key):
        """The account's id, and the seconds from the first call to it."""
        began = time.perf_counter()
        begun = self.call(FUNCTIONS[0], token, {})
        back = self.follow(f"{begun['authorization_url']}&auto=approve&account={key}")
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.follow(back)).query))
        linked = self.call(FUNCTIONS[1], token, {"code": query["code"], "state": query["state"]})
        return linked["social_account_id"], time.perf_counter() - began

    @staticmethod
    def follow(url):
        parts = urllib.parse.urlsplit(url)
        status, headers, text = send("GET", parts.netloc, f"{parts.path}?{parts.query}")
        if status not in (302, 303):
            raise SystemExit(f"bench: {parts.path} does not lead on: {status} {text[:500]!r}")
        return headers["location"]

    def access_token(self, key):
        """As another application of the creator's would get it."""
        query = urllib.parse.urlencode({
            "client_id": self.client, "redirect_uri": self.redirect, "response_type": "code", "scope": SCOPE, "state": "x", "access_type": "offline",
            "auto": "approve", "account": key})
        back = urllib.parse.urlsplit(self.follow(f"http://{self.sandbox}/google/o/oauth2/v2/auth?{query}"))
        form = urllib.parse.urlencode({
            "client_id": self.client, "client_secret": self.secret, "redirect_uri": self.redirect, "grant_type": "authorization_code",
            "code": dict(urllib.parse.parse_qsl(back.query))["code"]})
        status, _, text = send("POST", self.sandbox, "/google/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 200:
            raise SystemExit(f"bench: sandbox: no token: {status} {text[:500]!r}")
        return json.loads(text)["access_token"]


class Costs:
    """CPU seconds of processes by name, from when it is made."""

    def __init__(self, context, **processes):
        self.context, self.processes, self.before = context, processes, None
        self.before = self.now()

    def now(self):
        fields = machine.stat_of(self.context.postmaster)
        ended = (int(fields[13]) + int(fields[14])) / machine.TICK  # sessions that are over
        found = {name: sum(machine.cpu_of(machine.family(process.pid))) for name, process in self.processes.items()}
        return {**found, "PostgreSQL": sum(machine.cpu_of(machine.family(self.context.postmaster))) + ended}

    def since(self):
        now = self.now()
        return {name: now[name] - self.before[name] for name in now}
