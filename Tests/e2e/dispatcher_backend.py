"""A stand-in service: what the dispatcher's tests need of one, over LISTEN and METRICS_LISTEN.

The last part of the path says what it does; the query, how: see Backend.answer. It ends on SIGTERM
when what is under way is done.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
import urllib.parse


class Backend:
    def __init__(self):
        self.name = os.environ.get("NAME", "backend")
        self.version = os.environ.get("VERSION", "1")
        self.busy = 0
        self.total = 0
        self.stopping = asyncio.Event()
        self.connections = set()
        self.log = os.environ.get("RECORD")

    def record(self, entry):
        """Appends a line to the file of what happened here."""
        if self.log:
            with open(self.log, "a", encoding="utf-8") as file:
                file.write(json.dumps({"name": self.name, "pid": os.getpid(), **entry}) + "\n")

    async def connection(self, reader, writer):
        self.connections.add(writer)
        served = 0
        try:
            while not self.stopping.is_set():
                head = await reader.readuntil(b"\r\n\r\n")
                served += 1
                self.busy += 1
                self.total += 1
                try:
                    if not await self.request(head, reader, writer, served):
                        break
                finally:
                    self.busy -= 1
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError):
            self.record({"event": "gone"})
        finally:
            self.connections.discard(writer)
            writer.close()

    async def request(self, head, reader, writer, served):
        lines = head.decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ")
        fields = [line.split(": ", 1) for line in lines[1:] if line]
        find = {name.lower(): value for name, value in fields}
        path, _, query = target.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        action = path.rsplit("/", 1)[-1]
        if not path.startswith("/health"):
            self.record({"event": "request", "method": method, "target": target, "fields": fields})
        if action == "refuse-early":
            writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge")
            await writer.drain()
            return False
        if find.get("expect") == "100-continue":
            await asyncio.sleep(float(query.get("hold", 0)))
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        pieces = await self.body(find, reader, query)
        body = b"".join(pieces)
        await asyncio.sleep(float(query.get("sleep", 0)))
        answer = {
            "name": self.name, "version": self.version, "pid": os.getpid(), "method": method,
            "target": target, "fields": fields, "length": len(body), "pieces": len(pieces), "served": served,
            "sha256": hashlib.sha256(body).hexdigest(), "environment": dict(os.environ),
        }
        keeps = await self.answer(action, query, answer, method, reader, writer)
        return keeps and version == "HTTP/1.1"

    async def body(self, find, reader, query):
        pieces = []
        left = int(find.get("content-length", 0))
        if find.get("transfer-encoding") == "chunked":
            while True:
                line = await reader.readuntil(b"\r\n")
                size = int(line, 16)
                pieces.append((await reader.readexactly(size + 2))[:-2])
                if size == 0:
                    break
        while left > 0:
            piece = await reader.read(min(left, 65536))
            if not piece:
                raise ConnectionError("the body broke off")
            left -= len(piece)
            pieces.append(piece)
            await asyncio.sleep(float(query.get("slow", 0)))
        return pieces

    async def answer(self, action, query, answer, method, reader, writer):
        """Returns whether the connection stays."""
        keeps = True
        if action in ("live", "health"):
            ready = action == "live" or not os.path.exists(os.environ.get("SICK", "/nowhere"))
            writer.write(plain(200 if ready else 503, b'{"status":"ok"}'))
        elif action == "metrics":
            text = f'# TYPE backend_requests_total counter\nbackend_requests_total{{service="{self.name}"}} {self.total}\n'
            writer.write(plain(200, text.encode()))
        elif action == "chunks":
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
            if method == "HEAD":
                return True
            for number in range(int(query.get("count", 3))):
                piece = b"piece %d;" % number * int(query.get("times", 1))
                writer.write(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
                await asyncio.sleep(float(query.get("gap", 0)))
            if "break" in query:
                return False
            writer.write(b"0\r\nX-Sum: 1\r\n\r\n")
        elif action == "large":
            size = int(query["size"])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            while size > 0:
                writer.write(b"x" * min(size, 65536))
                size -= 65536
                await writer.drain()
        elif action == "until-close":
            writer.write(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")
            keeps = False
        elif action == "drop":
            keeps = False
        elif action == "half":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            keeps = False
        elif action == "garbage":
            writer.write(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nno")
            keeps = False
        elif action == "both-lengths":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        elif action == "bad-chunk":
            writer.write(b"HTTP/1.1 200 OK\r\nX-Secret: one\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecret\r\nnonsense\r\n")
        elif action == "hints":
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + plain(200, b"hinted"))
        elif action == "status":
            writer.write(plain(int(query["code"]), b""))
        elif action == "own-fields":
            writer.write(plain(200, b"{}", "Access-Control-Allow-Origin: https://evil.example\r\n"
                               "Access-Control-Allow-Credentials: true\r\nX-Request-Id: forged\r\nVary: Accept\r\n"
                               "Keep-Alive: timeout=5\r\nETag: \"1\"\r\nX-Content-Type-Options: none\r\n"))
        elif action == "websocket":
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Accept: yes\r\n\r\nhello ")
            while data := await reader.read(65536):
                writer.write(data.upper())
            self.record({"event": "tunnel ended"})
            keeps = False
        elif action == "exit":
            os._exit(int(query.get("code", 3)))
        elif action == "close-idle":
            writer.write(plain(200, json.dumps(answer).encode()))
            asyncio.get_running_loop().call_later(float(query.get("after", 0)), writer.close)
        elif method == "HEAD":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n")
        else:
            writer.write(plain(200, json.dumps(answer).encode(), "Content-Type: application/json\r\n"))
        await writer.drain()
        return keeps

    async def run(self):
        if "CRASH" in os.environ:
            sys.exit(7)
        await asyncio.sleep(float(os.environ.get("SLOW_START", 0)))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stopping.set)
        servers = [await self.listen(os.environ[name]) for name in ("LISTEN", "METRICS_LISTEN") if name in os.environ]
        self.record({"event": "start", "version": self.version})
        await self.stopping.wait()
        for server in servers:
            server.close()
        while self.busy:
            await asyncio.sleep(0.005)
        self.record({"event": "stop"})
        os._exit(0)

    def listen(self, address):
        if address.startswith("unix:"):
            return asyncio.start_unix_server(self.connection, address[5:], limit=1 << 20, backlog=1024)
        host, port = address.rsplit(":", 1)
        return asyncio.start_server(self.connection, host, int(port), limit=1 << 20, backlog=1024)


def plain(status, body, fields=""):
    bodyless = status in (204, 304)
    length = "" if bodyless else f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} Text\r\n{length}{fields}\r\n".encode() + (b"" if bodyless else body)


if __name__ == "__main__":
    asyncio.run(Backend().run())
