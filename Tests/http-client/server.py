"""The other side of the HTTP client's tests: answers that good and bad servers give.

Writes its ports to ports.json and ends when its standard input does.
Usage: server.py FOLDER, where FOLDER holds what `certificates` made.
"""

import asyncio
import gzip
import json
import os
import socket
import ssl
import sys
from collections import defaultdict
from urllib.parse import parse_qsl, urlsplit

MEGABYTE = 1 << 20
seen = defaultdict(list)  # the requests of each key, as (connection, method, path)
lost = defaultdict(int)  # how many clients of each key went away before their answer
connections = 0
ended = set()  # the connections that are closed


def gzip_bomb(megabytes):
    return gzip.compress(bytes(MEGABYTE) * megabytes, 9)


BOMB = gzip_bomb(200)


def head(status, fields, reason="Something"):
    lines = [f"HTTP/1.1 {status} {reason}"] + [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(body, status=200, fields=()):
    return head(status, [("Content-Length", len(body)), *fields]) + body


class Gone(Exception):
    """The connection has to be closed now."""


async def read_request(reader):
    block = await reader.readexactly(1)
    if block == b"\x16":  # TLS's first byte
        raise Gone
    block += await reader.readuntil(b"\r\n\r\n")
    line, *lines = block.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = line.split(" ")
    fields = [(n.strip().lower(), v.strip()) for n, v in (f.split(":", 1) for f in lines)]
    body = await reader.readexactly(int(dict(fields).get("content-length", 0)))
    return method, target, fields, body


async def hang(reader, key):
    """Waits until the client goes away."""
    if not await reader.read(1):
        lost[key] += 1
    raise Gone


async def respond(method, target, fields, body, reader, writer):
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    key = query.get("key", "")
    size = int(query.get("size", 0))
    match parts.path:
        case "/hello":
            writer.write(answer(b"" if method == "HEAD" else b"hello"))
        case "/echo":
            facts = {"method": method, "target": target, "fields": fields, "body": body.decode()}
            writer.write(answer(json.dumps(facts).encode(), fields=[("Content-Type", "a/b")]))
        case "/status":
            writer.write(answer(b"x", int(query["status"])))
        case "/seen":
            facts = {
                "requests": len(seen[key]),
                "connections": len({entry[0] for entry in seen[key]}),
                "lost": lost[key],
                "closed": len({entry[0] for entry in seen[key]} & ended),
            }
            writer.write(answer(json.dumps(facts).encode()))
        case "/wait":
            await asyncio.sleep(float(query["seconds"]))
            writer.write(answer(b"waited"))
        case "/silent":
            await hang(reader, key)
        case "/drip":
            writer.write(head(200, [("Content-Length", 1000)]))
            for _ in range(1000):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.1)
        case "/sized":
            body = b"x" * size
            writer.write(answer(body)[: -size if method == "HEAD" else None])
        case "/claims":
            writer.write(head(200, [("Content-Length", size)]))
            await hang(reader, key)
        case "/chunked":
            writer.write(head(200, [("Transfer-Encoding", "chunked"), ("Trailer", "X-After")]))
            while size > 0:
                part = min(size, 65536)
                writer.write(f"{part:x}\r\n".encode() + b"x" * part + b"\r\n")
                await writer.drain()
                size -= part
            writer.write(b"0\r\nX-After: secret\r\n\r\n")
        case "/gzip":
            zipped = gzip.compress(b"zipped " * 100)
            writer.write(answer(zipped, fields=[("Content-Encoding", "gzip")]))
        case "/bomb":
            writer.write(answer(BOMB, fields=[("Content-Encoding", "gzip")]))
        case "/broken-gzip":
            writer.write(answer(b"no gzip at all", fields=[("Content-Encoding", "gzip")]))
        case "/fields":
            many = [(f"X-{n}", "y" * 1000) for n in range(size // 1000)]
            writer.write(answer(b"x", fields=many))
        case "/endless-field":
            writer.write(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                writer.write(b"y" * 65536)
                await writer.drain()
        case "/endless-interim":
            while True:
                writer.write(head(103, [("Link", "</style.css>")]) * 100)
                await writer.drain()
        case "/values":
            fields = [("X-Two", "a"), ("x-two", " b "), ("X-Empty", ""), ("X-Colon", "a:b")]
            writer.write(answer(b"x", fields=fields))
        case "/interim":
            writer.write(head(103, [("Link", "</style.css>")]) + answer(b"final"))
        case "/redirect":
            writer.write(answer(b"moved", int(query["status"]), [("Location", query["to"])]))
        case "/first-only":
            # Answers a connection's first request and drops it when the second has been read.
            if len([entry for entry in seen[key] if entry[0] == writer.connection]) > 1:
                raise Gone
            writer.write(answer(b"first"))
        case "/partial":
            writer.write(head(200, [("Content-Length", 100)]) + b"only")
            raise Gone
        case "/garbage":
            writer.write(b"220 mail.example ESMTP ready\r\n")
            raise Gone
        case "/close":
            raise Gone
        case _:
            writer.write(answer(b"unknown", 404))


async def serve_http1(reader, writer):
    while True:
        method, target, fields, body = await read_request(reader)
        key = dict(parse_qsl(urlsplit(target).query)).get("key", "")
        if not target.startswith("/seen"):
            seen[key].append((writer.connection, method, target))
        await respond(method, target, fields, body, reader, writer)
        await writer.drain()


async def serve_http2(reader, writer):
    """Just enough of RFC 9113 to answer every request with `two`."""

    def frame(kind, flags, stream, payload=b""):
        size = len(payload).to_bytes(3, "big")
        writer.write(size + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload)

    await reader.readexactly(24)
    frame(4, 0, 0)
    while True:
        block = await reader.readexactly(9)
        payload = await reader.readexactly(int.from_bytes(block[:3], "big"))
        kind, flags, stream = block[3], block[4], int.from_bytes(block[5:], "big")
        if kind == 4 and not flags & 1:
            frame(4, 1, 0)
        if kind == 1:
            seen["h2"].append((writer.connection, "", ""))
            frame(1, 4, stream, b"\x88")  # HEADERS: END_HEADERS, `:status: 200` of the static table
            frame(0, 1, stream, b"two")  # DATA: END_STREAM
        if kind == 6 and not flags & 1:
            frame(6, 1, 0, payload)
        await writer.drain()


async def serve(reader, writer):
    global connections
    connections += 1
    writer.connection = connections
    tls = writer.get_extra_info("ssl_object")
    try:
        if tls and tls.selected_alpn_protocol() == "h2":
            await serve_http2(reader, writer)
        else:
            await serve_http1(reader, writer)
    except (Gone, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        pass
    finally:
        ended.add(writer.connection)
        try:
            writer.close()
        except ConnectionError:
            pass


def context(folder, name, protocols=("http/1.1",)):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    context.set_alpn_protocols(list(protocols))
    return context


def black_hole():
    """A port whose queue is full, so that connecting to it takes for ever."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    queued = [socket.socket() for _ in range(4)]
    for client in queued:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    return listener, queued


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def main(folder):
    async def start(tls=None, host="127.0.0.1"):
        server = await asyncio.start_server(serve, host, 0, ssl=tls, backlog=1024, limit=MEGABYTE)
        return server, server.sockets[0].getsockname()[1]

    servers = {
        "plain": await start(),
        "tls": await start(context(folder, "good")),
        "h2": await start(context(folder, "good", ["h2", "http/1.1"])),
        "stranger": await start(context(folder, "stranger")),
        "misnamed": await start(context(folder, "misnamed")),
        "expired": await start(context(folder, "expired")),
    }
    hole = black_hole()
    ports = {name: port for name, (_, port) in servers.items()}
    ports |= {"hole": hole[0].getsockname()[1], "unused": unused_port()}
    with open(f"{folder}/ports.new", "w") as file:
        json.dump(ports, file)
    os.rename(f"{folder}/ports.new", f"{folder}/ports.json")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(main(sys.argv[1]))
