#!/usr/bin/env python3
"""A recording upstream: reads byte by byte what a dispatcher sends, and answers as the request asks.

It writes one JSON line for each request to --record: connection, method, target, headers, body_len,
body_sha256, raw (latin-1, cut at 64 KB), complete, violation. With --strict it stands in for a function
instead: the product's limits, the envelope, deadlines. `harness/script.py` lists what a request can ask for.
"""

import argparse
import asyncio
import itertools
import json
import logging
import os
import socket
import struct
import sys

from harness.address import Address
from harness.judge import CODES
from harness.reader import RULES, Limits, Reader, Refusal
from harness.script import BAD, answer_pieces, directives, envelope

RAW_LIMIT = 65536
numbers = itertools.count(1)


class Connection(asyncio.Protocol):
    """One accepted connection and the task that answers on it, in order."""

    def __init__(self, options, record):
        self.options, self.record, self.number = options, record, next(numbers)
        self.reader = Reader(options.limits, options.without)
        self.arrived, self.writable = asyncio.Event(), asyncio.Event()
        self.writable.set()
        self.raw, self.received, self.ended, self.stale = bytearray(), 0, False, False
        self.tunnel, self.request, self.task = False, None, None

    # Transport

    def connection_made(self, transport):
        self.transport = transport
        self.task = asyncio.get_running_loop().create_task(self.serve())

    def data_received(self, data):
        self.received += len(data)
        if self.tunnel:
            self.transport.write(data)
            return
        if self.stale:
            self.transport.close()
            return
        if self.record:
            self.raw += data
        self.reader.feed(data)
        self.arrived.set()

    def eof_received(self):
        if self.tunnel:
            return False
        self.ended = True
        self.arrived.set()
        return True

    def connection_lost(self, _):
        self.task.cancel()
        if self.record and self.reader.in_message and not self.tunnel:
            self.note(self.request, complete=False)
        if self.record:
            self.write_record({"connection": self.number, "closed": True, "bytes": self.received})

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    # Record

    def write_record(self, row):
        self.record.write(json.dumps(row) + "\n")
        self.record.flush()

    def note(self, request, complete, violation=None):
        """Records what has been read since the last request ended."""
        if not self.record:
            return
        used = len(self.raw) - (len(self.reader.buffer) if complete else 0)
        raw = bytes(self.raw[:used])
        del self.raw[:used]
        row = {"connection": self.number, "complete": complete, "violation": violation,
               "raw": raw[:RAW_LIMIT].decode("latin-1"), "raw_len": len(raw),
               "method": "", "target": "", "headers": [], "body_len": 0, "body_sha256": ""}
        if request is not None:
            row |= {"method": request.method.decode("latin-1"), "target": request.target.decode("latin-1"),
                    "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in request.fields],
                    "body_len": request.length, "body_sha256": request.digest.hexdigest()}
        self.write_record(row)

    # Life

    async def serve(self):
        try:
            while await self.serve_one():
                pass
            await self.linger()
        except Refusal as refusal:
            self.note(self.request, complete=False, violation=f"{refusal.status} {refusal.rule}")
            await self.refuse(refusal.status, refusal.rule)
        except TimeoutError:
            await (self.refuse(408, "deadline") if self.reader.in_message else self.linger())
        except asyncio.CancelledError:
            pass

    async def event(self):
        """The reader's next event; None when the client has ended its side. Waits no longer than the deadline."""
        event = self.reader.next()
        if event is not None or self.ended:
            return event
        return await asyncio.wait_for(self.arriving(), self.options.deadline)

    async def arriving(self):
        while (event := self.reader.next()) is None and not self.ended:
            self.arrived.clear()
            await self.arrived.wait()
        return event

    async def serve_one(self):
        """Reads and answers one request; False when the connection is to be closed."""
        event = await self.event()
        if event is None:
            if self.reader.in_message and self.options.strict:
                raise Refusal(400, "half-closed inside the message")
            return False
        request = self.request = event[1]
        asked = directives(request)
        if not await self.before_body(request, asked):
            return False
        while event is not None and event[0] != "end":
            event = await self.event()
        if event is None:
            if self.options.strict:
                raise Refusal(400, "half-closed inside the body")
            return False
        self.note(request, complete=True)
        self.request = None
        if request.upgrade.lower() in (b"websocket", b"echo") and "no-upgrade" not in asked \
                and not self.options.strict:
            return await self.upgrade(request)
        return await self.answer(request, asked)

    async def before_body(self, request, asked):
        if "reset" in asked:
            link = self.transport.get_extra_info("socket")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return False
        if "early" in asked:
            head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
            self.transport.write((head + b"x" * 100000)[:int(asked["early"] or 0)])
            return False
        if "early-answer" in asked:
            await self.write(answer_pieces(request, asked | {"close": ""}, self.request_id(request)), 0)
            return False
        if request.waits or "continue" in asked:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    async def answer(self, request, asked):
        if "hang" in asked:
            await asyncio.sleep(3600)
        if "slow" in asked:
            await asyncio.sleep(int(asked["slow"]) / 1000)
        for _ in range(int(asked.get("interim", 0))):
            self.transport.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n")
        if "bad" in asked:
            self.transport.write(BAD[asked["bad"]])
            return False
        pieces = self.local_answer(request) or answer_pieces(request, asked, self.request_id(request))
        if "cut" in asked:
            self.transport.write(b"".join(pieces)[:int(asked["cut"])])
            return False
        await self.write(pieces, int(asked.get("drip", 0)))
        if "extra" in asked:
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nx-extra: 1\r\n\r\nextra!")
        self.stale = "stale" in asked
        return request.keeps_alive and not {"close", "until-close", "drop"} & asked.keys()

    def local_answer(self, request):
        """What a strict server answers outside its route."""
        base, target = self.options.base.encode(), request.target
        path = target.partition(b"?")[0]
        if not self.options.strict or path == base or path.startswith(base + b"/"):
            return None
        request_id = self.request_id(request)
        if target == b"*":
            return answer_pieces(request, {}, request_id, b"", 204)
        if path == b"/health":
            return answer_pieces(request, {}, request_id, b'{"status":"ok"}')
        return answer_pieces(request, {}, request_id, envelope(404, "NOT_FOUND", "No such path.", request_id), 404)

    def request_id(self, request):
        given = request.value(b"x-request-id") if request else None
        return given.decode("latin-1") if given else f"echo-{self.number}-{self.received}"

    async def write(self, pieces, pause):
        for piece in pieces:
            steps = [piece[i:i + 1] for i in range(len(piece))] if pause else [piece]
            for step in steps:
                await self.writable.wait()
                self.transport.write(step)
                if pause:
                    await asyncio.sleep(pause / 1000)

    async def upgrade(self, request):
        self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: "
                             + request.upgrade + b"\r\n\r\n" + bytes(self.reader.buffer))
        self.reader.buffer.clear()
        self.tunnel = True
        await asyncio.sleep(3600)

    async def refuse(self, status, rule):
        request_id = self.request_id(self.request)
        body = envelope(status, CODES[status], f"Refused: {rule}.", request_id)
        allow = "allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" if status == 405 else ""
        self.transport.write(f"HTTP/1.1 {status} Refused\r\ncontent-type: application/json\r\n{allow}"
                             f"x-request-id: {request_id}\r\nconnection: close\r\n"
                             f"content-length: {len(body)}\r\n\r\n".encode() + body)
        if "close-after-refusal" in self.options.without:
            self.reader = Reader(self.options.limits, self.options.without)
            self.task = asyncio.get_running_loop().create_task(self.serve())
            return
        await self.linger()

    async def linger(self):
        """Closes so that the peer can still read what was written, whatever it has under way."""
        if self.transport.is_closing():
            return
        self.reader = Reader(self.options.limits)
        self.data_received = lambda data: None
        self.raw.clear()
        try:
            self.transport.write_eof()
        except OSError:
            pass
        await asyncio.sleep(0 if self.ended else 0.5)
        self.transport.close()


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--listen", default="127.0.0.1:0",
                        help="host:port or unix:/path; port 0 picks one [%(default)s]")
    parser.add_argument("--record", metavar="FILE", help="append a JSON line for each request")
    parser.add_argument("--strict", action="store_true", help="stand in for a function: its limits, answers, deadlines")
    parser.add_argument("--base", default="/functions/v1/echo", help="the route that --strict serves [%(default)s]")
    parser.add_argument("--max-body", type=int, default=1 << 20, help="with --strict, in bytes [%(default)s]")
    parser.add_argument("--deadline", type=float, help="with --strict, seconds for head and body [10]")
    parser.add_argument("--without", default="",
                        help="rules not to enforce, comma-separated: " + " ".join(sorted(RULES)))
    options = parser.parse_args(arguments)
    options.without = frozenset(filter(None, options.without.split(",")))
    options.limits = Limits(body=options.max_body) if options.strict else Limits(1 << 20, 10_000, 1 << 17, 1 << 30)
    options.deadline = (options.deadline or 10) if options.strict else None
    return options


async def serve(options):
    """Listens until it is ended; the first line on stdout is the address."""
    loop = asyncio.get_running_loop()
    record = open(options.record, "a", encoding="utf-8") if options.record else None
    address = Address(options.listen)
    factory = lambda: Connection(options, record)  # noqa: E731
    if address.path is not None:
        if os.path.exists(address.path):
            os.unlink(address.path)
        server = await loop.create_unix_server(factory, address.path, backlog=1024)
        print(address, flush=True)
    else:
        server = await loop.create_server(factory, address.host, address.port, backlog=1024)
        print("%s:%d" % server.sockets[0].getsockname()[:2], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # a client that has gone is no news
    try:
        asyncio.run(serve(parsed(sys.argv[1:])))
    except KeyboardInterrupt:
        pass
