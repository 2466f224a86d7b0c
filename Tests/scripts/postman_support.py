"""What the tests of scripts/postman share: a server that tells what it was sent, and small collections."""

import gzip
import json
import os
import socketserver
import subprocess
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler

from package import ROOT

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


class Handler(BaseHTTPRequestHandler):
    """`/redirect/CODE?to=PATH`, `/cookie`, `/gzip`, `/slow`, `/upgrade`, `/text`; anything else is an echo."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one piece: halves would wait for each other

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if code not in (101, 204):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        seen = {"method": self.command, "path": self.path, "headers": [list(pair) for pair in self.headers.items()], "body": body}
        self.server.seen.append(seen)
        echo = json.dumps({**seen, "header": {name.lower(): value for name, value in self.headers.items()}}).encode()
        place = self.path.split("?")[0]
        if place.startswith("/redirect/"):
            self.answer(int(place.split("/")[2]), Location=self.path.partition("to=")[2])
        elif place == "/cookie":
            self.answer(200, echo, Set_Cookie="flavour=oat; Path=/", Content_Type="application/json")
        elif place == "/gzip":
            self.answer(200, gzip.compress(echo), Content_Encoding="gzip", Content_Type="application/json")
        elif place == "/slow":
            time.sleep(1.5)
            self.answer(200, echo)
        elif place == "/upgrade":
            self.answer(101, Upgrade="echo", Connection="Upgrade")
            self.close_connection = True
        elif place == "/text":
            self.answer(200, b"plain", X_Two="words")
        elif place == "/count":
            self.answer(200, str(sum(each["path"] == "/count" for each in self.server.seen)).encode())
        else:
            self.answer(200, echo, Content_Type="application/json")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = respond

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def handle_error(self, *arguments):
        pass  # a client that gave up


class PostmanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(("127.0.0.1", 0), Handler)
        cls.server.seen = []
        cls.url = f"http://127.0.0.1:{cls.server.server_address[1]}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server.seen.clear()

    def write(self, name, value):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(value if isinstance(value, str) else json.dumps(value))
        return path

    def run_collection(self, given, *options, path=None):
        """What scripts/postman says of a collection, or of a list of items."""
        collection = given if isinstance(given, dict) else {"item": given}
        collection.setdefault("info", {"name": "Tried", "schema": SCHEMA})
        collection["variable"] = [{"key": "url", "value": self.url}, *collection.get("variable", [])]
        environ = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]}
        return subprocess.run(
            [os.path.join(ROOT, "scripts", "postman"), self.write("collection.json", collection), *options],
            capture_output=True, text=True, check=False, timeout=60, env=environ)

    def assert_passes(self, given, *options, count=None):
        ran = self.run_collection(given, *options)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertRegex(ran.stdout.splitlines()[-1], rf"^{count or '[1-9][0-9]*'} passed, 0 failed$")
        return ran

    def assert_fails(self, given, reason, *options):
        ran = self.run_collection(given, *options)
        self.assertEqual(ran.returncode, 1, ran.stdout + ran.stderr)
        self.assertIn(reason, ran.stdout + ran.stderr)
        self.assertRegex((ran.stdout + ran.stderr).splitlines()[-1], r"^[0-9]+ passed, [1-9][0-9]* failed$")
        return ran

    def asked(self):
        return [f"{each['method']} {each['path']}" for each in self.server.seen]


def item(name="asks", url="{{url}}/echo", method="GET", test=None, before=None, header=None, body=None, auth=None, **more):
    """An item; `test` and `before` are scripts."""
    if test is None:
        test = "pm.test('is answered', () => pm.expect(pm.response.code).to.equal(200))"
    request = {"method": method, "url": url, "header": [{"key": key, "value": value} for key, value in (header or {}).items()]}
    request.update({"body": body} if body else {}, **({"auth": auth} if auth else {}))
    return {"name": name, "event": events(test, before), "request": request, **more}


def events(test=None, before=None):
    return [
        {"listen": listen, "script": {"exec": source.splitlines()}}
        for listen, source in (("prerequest", before), ("test", test)) if source]


def check(expression, name="holds"):
    """A script with one test; `seen` is what the server was sent."""
    return f"pm.test('{name}', () => {{ const seen = pm.response.json(); {expression} }})"
