#!/usr/bin/env python3
"""A small dispatcher in front of one upstream, right or wrong on purpose: what proves that the runner can fail.

It reads strictly, answers its own paths, forwards what is under --base and hands websockets through.
--fault makes it wrong in one way, as a dispatcher might be.
"""

import argparse
import asyncio
import logging
import re
import sys
import urllib.parse

from harness.address import Address
from harness.answers import AnswerReader, Malformed
from harness.judge import CODES
from harness.reader import Limits, Reader, Refusal
from harness.script import envelope

HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding",
              b"upgrade", b"http2-settings", b"expect", b"content-length", b"x-streamvibe-client"}
FAULTS = ("decodes-path", "drops-byte", "forwards-hop-by-hop", "forwards-unread", "keeps-client-address",
          "leaks-answers", "merges-slashes", "merges-trailers", "passes-raw", "reuses-after-early-answer", "routes-by-prefix",
          "sends-twice", "swaps-answers", "tunnels-anything")


class Client:
    """One client's connection."""

    leftover = b""

    def __init__(self, options, reader, writer):
        self.options, self.reader, self.writer = options, reader, writer
        self.parser = Reader(Limits(), ["trailer-merge"] if options.fault == "merges-trailers" else [])
        self.held = b""

    async def serve(self):
        try:
            while await self.serve_one():
                pass
        except Refusal as refusal:
            self.reply(refusal.status, CODES[refusal.status], str(refusal), close=True)
        except (ConnectionError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass
        await self.linger()

    def flush(self):
        held, self.held = Client.leftover + self.held, b""
        Client.leftover = b""
        self.writer.write(held)

    async def linger(self):
        try:
            self.flush()
            await self.writer.drain()
            self.writer.write_eof()
            await asyncio.wait_for(self.reader.read(1 << 22), 0.5)
        except (OSError, RuntimeError, asyncio.TimeoutError):
            pass
        self.writer.close()

    async def event(self):
        while (event := self.parser.next()) is None:
            data = await asyncio.wait_for(self.reader.read(1 << 16), self.options.deadline)
            if not data:
                return None
            self.parser.feed(data)
        return event

    async def serve_one(self):
        try:
            event = await self.event()
        except asyncio.TimeoutError:
            if not self.parser.in_message:
                return False
            raise Refusal(408, "deadline") from None
        if event is None:
            if self.parser.in_message:
                raise Refusal(400, "half-closed")
            return False
        request = event[1]
        if request.waits:
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.options.fault == "reuses-after-early-answer" and not self.is_routed(request):
            self.parser.state, self.parser.request = self.parser._head, None
            return self.local(request)
        body = b""
        while event[0] != "end":
            event = await self.event()
            if event is None:
                raise Refusal(400, "half-closed inside the body")
            if event[0] == "data":
                body += event[1]
        if not self.is_routed(request):
            return self.local(request)
        return await self.forward(request, body)

    def is_routed(self, request):
        path, base = request.target.partition(b"?")[0], self.options.base.encode()
        return path.startswith(base) if self.options.fault == "routes-by-prefix" else \
            path == base or path.startswith(base + b"/")

    def local(self, request):
        path = request.target.partition(b"?")[0]
        status = {b"/health": 200, b"*": 204}.get(path, 404)
        self.reply(status, CODES.get(status), "No such path.", not request.keeps_alive, request.method == b"HEAD")
        return request.keeps_alive

    def reply(self, status, code, message, close=False, bodiless=False):
        body = envelope(status, code, message, "twin-1") if code else b"" if status == 204 else b"{}"
        head = f"HTTP/1.1 {status} Twin\r\nx-request-id: twin-1\r\ncontent-type: application/json\r\n"
        head += "allow: GET\r\n" if status == 405 else ""
        head += "connection: close\r\n" if close else ""
        head += f"content-length: {len(body)}\r\n\r\n" if status != 204 else "\r\n"
        self.flush()
        self.writer.write(head.encode() + (b"" if bodiless else body))

    def forwarded(self, request, body):
        """The request as it is sent upstream."""
        fault, target = self.options.fault, request.target
        path, mark, query = target.partition(b"?")
        if fault == "decodes-path":
            decoded = urllib.parse.unquote_to_bytes(path)
            target = urllib.parse.quote_from_bytes(decoded, "/:@!$&'()*+,;=").encode() + mark + query
        if fault == "merges-slashes":
            target = re.sub(rb"/+", b"/", path) + mark + query
        body = body[:-1] if fault == "drops-byte" else body
        lines = [request.method + b" " + target + b" HTTP/1.1"]
        spared = {"forwards-hop-by-hop": {b"te", b"keep-alive", b"upgrade", b"http2-settings"},
                  "keeps-client-address": {b"x-streamvibe-client"}}.get(fault, set())
        lines += [n + b": " + v for n, v in request.fields if n not in HOP_BY_HOP - spared]
        if not any(n == b"host" for n, _ in request.fields):
            lines.append(b"host: upstream")
        if request.upgrade.lower() == b"websocket" and request.version == b"1.1" and not body or \
                request.upgrade and fault == "tunnels-anything":
            lines += [b"connection: upgrade", b"upgrade: " + request.upgrade]
        if body or request.chunked or request.value(b"content-length") is not None:
            lines.append(b"content-length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    async def upstream(self):
        address = self.options.upstream
        return await (asyncio.open_unix_connection(address.path) if address.path is not None
                      else asyncio.open_connection(address.host, address.port))

    async def forward(self, request, body):
        reader, writer = await self.upstream()
        answers = AnswerReader(lambda _: request.method == b"HEAD")
        raw = self.forwarded(request, body)
        for _ in range(2 if self.options.fault == "sends-twice" and request.method == b"POST" else 1):
            writer.write(raw)
        came = b""
        try:
            while not answers.finals and answers.tunnel is None and (data := await reader.read(1 << 16)):
                came += data
                answers.feed(data)
                if answers.buffer and len(answers.buffer) > Limits.head and answers.current is None:
                    raise Malformed("the head is too large")
            if not answers.finals and answers.tunnel is None:
                answers.finish()
        except (Malformed, OSError):
            answers.finals.clear()
            if self.options.fault == "leaks-answers":
                Client.leftover += came
        if answers.tunnel is not None and request.upgrade:
            return await self.tunnel(request, reader, writer, answers)
        writer.close()
        close, bodiless = not request.keeps_alive, request.method == b"HEAD"
        if not answers.finals or answers.finals[0].problems or answers.tunnel is not None:
            self.reply(502, "UPSTREAM_FAILED", "The service gave no valid answer.", close, bodiless)
            return request.keeps_alive
        answer = answers.finals[0]
        head = [f"HTTP/1.1 {answer.status} Twin"] + [f"{n}: {v}" for n, v in answer.fields
                                                     if n not in ("connection", "transfer-encoding", "content-length")]
        head += ["connection: close"] if close else []
        head += [f"content-length: {len(answer.body)}"] if not bodiless else []
        out = "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + answer.body
        if self.options.fault == "swaps-answers" and self.parser.buffer and not self.held:
            self.held = out
        else:
            self.writer.write(Client.leftover + out)
            Client.leftover = b""
            self.flush()
        return request.keeps_alive

    async def tunnel(self, request, reader, writer, answers):
        self.writer.write(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: "
                          + request.upgrade + b"\r\n\r\n" + answers.tunnel)
        writer.write(bytes(self.parser.buffer))
        await asyncio.gather(relay(self.reader, writer), relay(reader, self.writer))
        return False


async def relay(reader, writer):
    """Copies until one side ends, then ends the other."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
        writer.write_eof()
    except OSError:
        pass


async def serve_raw(options, reader, writer):
    """The fault of reading nothing: both directions are copied."""
    other_reader, other_writer = await Client(options, reader, writer).upstream()
    await asyncio.gather(relay(reader, other_writer), relay(other_reader, writer))
    writer.close()
    other_writer.close()


async def serve_unread(options, reader, writer):
    """The fault of forwarding what has arrived before it has been read to the end."""
    first = await reader.read(1 << 16)
    _, upstream = await Client(options, reader, writer).upstream()
    upstream.write(first)
    client = Client(options, reader, writer)
    client.parser.feed(first)
    await client.serve()
    upstream.close()


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--listen", default="127.0.0.1:0", type=Address, help="host:port [%(default)s]")
    parser.add_argument("--upstream", required=True, type=Address, help="host:port or unix:/path")
    parser.add_argument("--base", default="/functions/v1/echo", help="the route that is forwarded [%(default)s]")
    parser.add_argument("--deadline", type=float, default=10.0, help="seconds for a head or a body [%(default)s]")
    parser.add_argument("--fault", choices=FAULTS)
    return parser.parse_args(arguments)


async def serve(options):
    """Listens until it is ended; the first line on stdout is the address."""
    tasks = set()

    def accept(reader, writer):
        other = {"passes-raw": serve_raw, "forwards-unread": serve_unread}.get(options.fault)
        task = asyncio.ensure_future(other(options, reader, writer) if other
                                     else Client(options, reader, writer).serve())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    server = await asyncio.start_server(accept, options.listen.host, options.listen.port, backlog=1024)
    print("%s:%d" % server.sockets[0].getsockname()[:2], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # a client that has gone is no news
    try:
        asyncio.run(serve(parsed(sys.argv[1:])))
    except KeyboardInterrupt:
        pass
