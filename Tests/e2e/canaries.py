"""Looks for tokens of platforms, and for secrets that are named, wherever a stack leaves something behind.

Tokens of each platform look like no other text: what is searched for is their form, so that no token need be
known. They may lie in the vault, sealed, and nowhere else.
"""

import base64
import http.server
import os
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "Tests", "chaos"), os.path.join(ROOT, "scripts", "lib")]
import settings  # noqa: E402
from stack import UnixConnection  # noqa: E402

TOKEN = r"(ya29\.|1//0|IGAA|act\.|rft\.)[A-Za-z0-9_-]{30,}"
SETTINGS = ("YOUTUBE_CLIENT_SECRET", "INSTAGRAM_CLIENT_SECRET", "TIKTOK_CLIENT_SECRET")


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes error reports."""

    def do_POST(self):
        self.server.reports.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Watch:
    """Takes a stack's error reports while it runs, and at its end looks everywhere."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.reports = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self):
        return {"SENTRY_DSN": f"http://key@127.0.0.1:{self.server.server_port}/1"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def judge(self, stack, product, secrets=(), links=True):
        """Fails where anything is found, and, where accounts were to be linked, if none was."""
        assert not links or int(product.sql("select count(*) from vault.secrets")[0]) or product.linked, "no secret was ever put in"
        found = self.found(stack, product, secrets)
        assert not found, f"{len(found)} secrets lie open: {found[:5]}"

    def found(self, stack, product, secrets=()):
        """(where, what it begins with) for each."""
        values = settings.effective({"PORT": str(stack.port)})
        named = {values[name].encode() for name in SETTINGS if len(values.get(name, "")) >= 20}
        for key in filter(None, values.get("VAULT_KEYS", "").split(",")):
            key = key.partition(":")[2]
            named |= {key.encode(), base64.b64decode(key)}
        named |= {each.encode() for each in (*product.secrets, *secrets)}
        with tempfile.TemporaryDirectory() as folder:
            patterns = os.path.join(folder, "patterns")
            with open(patterns, "wb") as file:
                # A line break would make two patterns of one.
                file.writelines(part + b"\n" for each in named for part in each.split(b"\n") if len(part) >= 8)
            os.mkdir(os.path.join(folder, "places"))
            for place, text in self.places(stack, product):
                with open(os.path.join(folder, "places", place), "wb") as file:
                    file.write(text)
            where = [os.path.join(folder, "places"), stack.data]
            return [*hits("-E", "-e", TOKEN, *where), *hits("-F", "-f", patterns, *where)]

    def places(self, stack, product):
        """What each holds, beside the files of its folder: the database's, its WAL, and logs."""
        product.sql("checkpoint")
        url, password = settings.apart(product.database)
        environ = {**os.environ, "PGPASSWORD": password}
        yield "dump", subprocess.run(["pg_dump", "-d", url], env=environ, check=True, capture_output=True).stdout
        yield "pg_stat_statements", "\n".join(product.sql("select query from extensions.pg_stat_statements")).encode()
        yield "pg_stat_activity", "\n".join(product.sql("select query from pg_stat_activity")).encode()
        yield "error reports", b"\n".join(self.server.reports)
        yield "metrics", metrics(stack)
        yield "arguments", arguments(stack)


def hits(*arguments):
    """(where, what it begins with) for each that grep finds in files of any kind."""
    ran = subprocess.run(["grep", "-raoH", *arguments], env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    lines = (line.split(b":", 1) for line in ran.stdout.splitlines() if b":" in line)
    return sorted({(os.path.basename(path.decode()) if b"/places/" in path else path.decode(), hit[:12]) for path, hit in lines})


def metrics(stack):
    """All processes' figures, as the dispatcher gathers them."""
    connection = UnixConnection(os.path.join(os.path.realpath(os.path.join(stack.data, "run")), "dispatcher.metrics.sock"))
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200 and b"# TYPE" in text, text[:200]
        return text
    finally:
        connection.close()


def arguments(stack):
    """The command lines of the stack's processes, which everybody on the machine can read."""
    found, marker = [], f"/tmp/streamvibe-{stack.port}.".encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as line, open(f"/proc/{name}/environ", "rb") as environ:
                text = line.read()
                if marker in environ.read():
                    found.append(text)
        except OSError:
            pass
    assert len(found) > 3, found
    return b"\n".join(found)
