#!/usr/bin/env python3
"""A server as many were written: splits at whatever looks like a line, takes the first length it finds.

`self_check.py` holds the corpus against it and against Python's http.server: both must fail it badly.
"""

import hashlib
import http.server
import json
import re
import socketserver
import sys


def echo(method, target, body):
    """The answer of an echo route."""
    said = {"method": method, "target": target, "body_len": len(body),
            "body_sha256": hashlib.sha256(body).hexdigest(), "headers": []}
    return json.dumps(said).encode()


class Lenient(socketserver.StreamRequestHandler):
    """Bare LF, folding, sloppy numbers, unknown codings: everything is somehow understood."""

    timeout = 2

    def handle(self):
        try:
            while self.handle_one():
                pass
        except (OSError, ValueError):
            pass

    def handle_one(self):
        line = self.rfile.readline().strip()
        if not line:
            return False
        method, target, *_ = line.decode("latin-1").split() + ["/", ""]
        fields = {}
        while field := self.rfile.readline().strip():
            name, _, value = field.decode("latin-1").partition(":")
            fields.setdefault(name.strip().lower(), value.strip())
        body = self.chunks() if "chunked" in fields.get("transfer-encoding", "") else self.rfile.read(
            int((re.findall(r"\d+", fields.get("content-length", "")) or ["0"])[0]))
        answer = echo(method, target, body)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nx-request-id: 1\r\ncontent-type: application/json\r\n"
                         b"content-length: %d\r\n\r\n%b" % (len(answer), b"" if method == "HEAD" else answer))
        return True

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body


class Standard(http.server.BaseHTTPRequestHandler):
    """Python's own reader with the same answer."""

    protocol_version, timeout = "HTTP/1.1", 2

    def do_GET(self):  # noqa: N802
        answer = echo(self.command, self.path, self.rfile.read(int(self.headers.get("content-length", 0))))
        self.send_response(200)
        for name, value in (("x-request-id", "1"), ("content-type", "application/json"),
                            ("content-length", len(answer))):
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 256

    def handle_error(self, *_):
        pass


if __name__ == "__main__":
    with Threads(("127.0.0.1", 0), Standard if "--standard" in sys.argv else Lenient) as server:
        print("127.0.0.1:%d" % server.server_address[1], flush=True)
        server.serve_forever()
