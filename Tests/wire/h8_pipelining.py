#!/usr/bin/env python3
"""H8: a million pipelined requests of two users, and every answer is its own request's.

Each request carries a nonce as X-Request-Id and in its path; its answer must carry the same, in order, and no
answer may hold another request's. Among plain requests are bodies of both kinds, HEAD, Expect without waiting,
upgrade attempts; connections end by close, by half-close, in the middle of answers, and behind a body that was
announced and never sent. The last line is the verdict.
"""

import argparse
import collections
import multiprocessing
import random
import re
import selectors
import socket
import sys
import time

from harness.address import Address

HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.MULTILINE | re.IGNORECASE)
REQUEST_ID = re.compile(rb"^x-request-id: *([^\r]+)\r$", re.MULTILINE | re.IGNORECASE)
CHUNKED = re.compile(rb"^transfer-encoding: *chunked\r$", re.MULTILINE | re.IGNORECASE)
NONCE = re.compile(rb"n[0-9]-[0-9a-f]+-[0-9a-f]{8}")
ENDINGS = ("close", "half-close", "leave", "never-sent")


class CrossTalk(Exception):
    """An answer that is not its request's."""


class Link:
    """One connection of one user."""

    def __init__(self, load):
        self.load, self.random = load, load.random
        self.socket = load.address.connect(10)
        self.socket.setblocking(False)
        self.waiting, self.received, self.out = collections.deque(), bytearray(), bytearray()
        self.left = self.random.randint(50, 2000)
        self.ending, self.refused = None, 0

    def fill(self):
        """Puts requests on the wire until the pipeline is as deep as it shall be."""
        depth = self.random.randint(1, self.load.depth)
        while self.ending is None and len(self.waiting) < depth and self.load.take():
            self.left -= 1
            last = self.left <= 0
            self.out += self.request("close" if last and (kind := self.random.choice(ENDINGS)) == "close" else None)
            if last:
                self.ending = kind
                if kind == "never-sent":
                    self.out += (b"POST %b HTTP/1.1\r\nhost: %b\r\nexpect: 100-continue\r\n"
                                 b"content-length: 10\r\n\r\n" % (self.load.path, self.load.host))

    def request(self, connection):
        load, draw = self.load, self.random.random()
        load.count += 1
        nonce = b"n%d-%x-%08x" % (load.user, load.seed & 0xffffff, load.count)
        method, fields, body = b"GET", b"", b""
        if draw < 0.06:
            body = b'{"display_name":"%b"}' % nonce * self.random.randint(1, 20)
            method, fields = b"POST", b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        elif draw < 0.12:
            parts = [b"x" * self.random.randint(1, 300) for _ in range(self.random.randint(0, 4))]
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
            method, fields = b"POST", b"transfer-encoding: chunked\r\n"
        elif draw < 0.15:
            method = b"HEAD"
        elif draw < 0.17:
            body = b"hello"
            method, fields = b"POST", b"expect: 100-continue\r\ncontent-length: 5\r\n"
        elif draw < 0.19:
            fields = b"connection: upgrade\r\nupgrade: foo/2\r\n" if connection is None else b""
        if connection:
            fields += b"connection: close\r\n"
        self.waiting.append((nonce, method))
        return b"%b %b/%b HTTP/1.1\r\nhost: %b\r\nx-request-id: %b\r\nx-nonce: %b\r\n%b\r\n%b" % (
            method, load.path, nonce, load.host, nonce, nonce, fields, body)

    def readable(self):
        """Reads answers; False when the connection is over."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            data = b""
        self.received += data
        start = 0
        while (end := self.answer(start)) is not None:
            start = end
        del self.received[:start]
        if self.ending == "leave" and not self.out:
            self.load.abandoned += len(self.waiting)
            return False
        if data:
            return True
        if self.waiting and self.ending is None:
            raise CrossTalk(f"the connection ended with {len(self.waiting)} answers owed")
        if self.waiting and self.ending in ("close", "half-close"):
            raise CrossTalk(f"{len(self.waiting)} answers are missing after {self.ending}")
        return False

    def answer(self, start):
        match = HEAD.match(self.received, start)
        if not match:
            if len(self.received) - start > 65536:
                raise CrossTalk(f"not an answer: {bytes(self.received[start:start + 80])!r}")
            return None
        status, fields, end = int(match.group(1)), match.group(2), match.end()
        if status == 100:
            return end
        if not self.waiting:
            if self.ending == "never-sent":
                return None if status in (400, 408) else self.fail(f"a {status} for a body never sent")
            self.fail(f"an answer that nobody asked for: {status}")
        nonce, method = self.waiting[0]
        body = b""
        if method != b"HEAD" and status not in (204, 304):
            found = self.body(fields, end)
            if found is None:
                return None
            body, end = found
        named = REQUEST_ID.search(fields)
        if not named or named.group(1).strip() != nonce:
            self.fail(f"{nonce!r} was answered with {named.group(1) if named else None!r}")
        others = {n for n in NONCE.findall(body) if n != nonce}
        if others:
            self.fail(f"the answer to {nonce!r} holds {others.pop()!r}")
        if status >= 500:
            self.fail(f"a {status} for {nonce!r}: {bytes(body[:200])!r}")
        self.load.statuses[status] += 1
        self.waiting.popleft()
        self.load.answered += 1
        return end

    def body(self, fields, at):
        if CHUNKED.search(fields):
            parts, end = [], at
            while (line := self.received.find(b"\r\n", end)) >= 0:
                size = int(self.received[end:line], 16)
                if len(self.received) < line + 4 + size:
                    return None
                parts.append(self.received[line + 2:line + 2 + size])
                end = line + 4 + size
                if size == 0:
                    return b"".join(parts), end
            return None
        length = LENGTH.search(fields)
        size = int(length.group(1)) if length else self.fail("an answer without a length")
        return (self.received[at:at + size], at + size) if len(self.received) >= at + size else None

    @staticmethod
    def fail(said):
        raise CrossTalk(said)

    def writable(self):
        if self.out:
            try:
                del self.out[:self.socket.send(self.out)]
            except BlockingIOError:
                return
            except (BrokenPipeError, ConnectionResetError):
                self.out.clear()
        if not self.out and self.ending in ("half-close", "never-sent"):
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass


class Load:
    """One user's connections."""

    def __init__(self, options, user, seed):
        self.address, self.depth, self.user, self.seed = Address(options.target), options.depth, user, seed
        self.path, self.host = options.path.encode(), self.address.authority.encode()
        self.random, self.budget = random.Random(seed * 31 + user), options.requests // options.users
        self.connections, self.count, self.answered, self.abandoned = options.connections, 0, 0, 0
        self.statuses, self.opened = collections.Counter(), 0

    def take(self):
        """Whether another request may be sent: as many are answered as were promised."""
        return self.count - self.abandoned < self.budget

    def run(self):
        selector, links = selectors.DefaultSelector(), set()
        idle_since = time.monotonic()
        while True:
            while len(links) < self.connections and self.take():
                link = Link(self)
                self.opened += 1
                links.add(link)
                selector.register(link.socket, selectors.EVENT_READ, link)
            if not links:
                return
            for link in links:
                link.fill()
                selector.modify(link.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if link.out else 0), link)
            ready = selector.select(1)
            if ready:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > 20:
                raise CrossTalk(f"no answer for 20 s, {sum(len(k.waiting) for k in links)} are owed")
            for key, events in ready:
                link = key.data
                if events & selectors.EVENT_WRITE:
                    link.writable()
                over = events & selectors.EVENT_READ and not link.readable()
                done = link.ending is None and not link.waiting and not link.out and not self.take()
                if over or done:
                    selector.unregister(link.socket)
                    link.socket.close()
                    links.discard(link)


def work(options, user, seed, results):
    load, problem = Load(options, user, seed), None
    try:
        load.run()
    except (CrossTalk, OSError, ValueError) as error:
        problem = f"user {user}: {type(error).__name__}: {error}"
    results.put((load.answered, load.abandoned, load.opened, dict(load.statuses), problem))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--target", required=True, help="host:port or unix:/path")
    parser.add_argument("--path", default="/functions/v1/echo", help="a route that answers [%(default)s]")
    parser.add_argument("--requests", type=int, help="[1,000,000; with --short 20,000]")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--users", type=int, default=2)
    parser.add_argument("--connections", type=int, default=4, help="of each user [%(default)s]")
    parser.add_argument("--depth", type=int, default=64, help="the deepest pipeline [%(default)s]")
    parser.add_argument("--seed", type=int, default=time.time_ns() & 0xffffff)
    options = parser.parse_args()
    options.requests = options.requests or (20_000 if options.short else 1_000_000)
    print(f"seed {options.seed}", flush=True)
    began, results = time.monotonic(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(options, user, options.seed, results))
               for user in range(options.users)]
    for worker in workers:
        worker.start()
    rows = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    took = time.monotonic() - began
    statuses = sum((collections.Counter(row[3]) for row in rows), collections.Counter())
    answered, abandoned, opened = (sum(row[i] for row in rows) for i in range(3))
    problems = [row[4] for row in rows if row[4]]
    for problem in problems:
        print(f"  {problem}")
    good = not problems and answered >= options.requests - options.users
    print(f"{'PASS' if good else 'FAIL'} H8: {answered} answers of {options.users} users in order, "
          f"{len(problems)} mixed up, {abandoned} left unread, {opened} connections, statuses {dict(statuses)}, "
          f"{answered / took:.0f}/s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
