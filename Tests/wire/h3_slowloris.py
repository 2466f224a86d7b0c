#!/usr/bin/env python3
"""H3: thousands of slow clients, and a healthy one does not notice them.

Half send a head byte by byte, half a body, and twenty ask for much and read nothing (the kernel alone buffers
megabytes for each of these, so that more would measure the machine). The server has to drop
the slow heads by its deadline, slow bodies and readers by theirs, to go on answering a healthy client, and to keep
its memory (--pid). Healthy is a p99 under twice the idle one, or under twice that of a server nearby which nobody
attacks (what else the machine does hits both), or under --floor milliseconds. The last line is the verdict.
"""

import argparse
import asyncio
import multiprocessing
import random
import resource
import sys
import time

from harness.address import Address
from harness.measure import Healthy, memory, percentile
from harness.processes import started

KINDS, READERS = ("head", "body", "reader"), ("reader",)
#: Seconds within which a reader is full, or is none.
RAMP = 15


class NotSlow(Exception):
    """The server took all that was asked and the kernel all that was answered."""


class Slow:
    """The slow clients; how long each lived (a reader: since nothing more was taken from it), by kind."""

    def __init__(self, options, count):
        self.options, self.address, self.count = options, Address(options.target), count
        self.lives = {kind: [] for kind in KINDS}
        self.refused, self.opened, self.full = 0, 0, 0

    async def connect(self, kind):
        link = self.address.socket(4096 if kind == "reader" else None)
        link.setblocking(False)
        # A full backlog makes a connect wait for seconds: the loop must not wait with it.
        await asyncio.get_running_loop().sock_connect(link, self.address.peer)
        opened = asyncio.open_unix_connection if self.address.path is not None else asyncio.open_connection
        return await opened(sock=link, limit=1024)

    async def client(self, kind, stop):
        try:
            reader, writer = await self.connect(kind)
        except OSError:
            self.refused += 1
            return
        self.opened += 1
        began = time.monotonic()
        try:
            since_blocked = await asyncio.wait_for(getattr(self, kind)(reader, writer), max(0, stop - began))
            self.lives[kind].append(time.monotonic() - began if since_blocked is None else since_blocked)
        except NotSlow:
            pass
        except asyncio.TimeoutError:
            self.lives[kind].append(float("inf"))
        except OSError:
            self.lives[kind].append(time.monotonic() - began)
        writer.transport.abort()

    async def dripped(self, reader, writer, text):
        """Sends a byte now and then until the server closes."""
        closed = asyncio.ensure_future(self.drained(reader))
        for byte in text:
            writer.write(bytes([byte]))
            done, _ = await asyncio.wait([closed], timeout=self.options.every)
            if done:
                return
        await closed

    @staticmethod
    async def drained(reader):
        try:
            while await reader.read(4096):
                pass
        except ConnectionError:
            pass

    async def head(self, reader, writer):
        text = f"GET {self.options.path} HTTP/1.1\r\nHost: {self.address.authority}\r\nX-A: " + "a" * 4000
        first = random.randint(1, len(text) - 3900)
        writer.write(text[:first].encode())
        await self.dripped(reader, writer, text[first:].encode())

    async def body(self, reader, writer):
        writer.write(f"POST {self.options.path} HTTP/1.1\r\nHost: {self.address.authority}\r\n"
                     "Content-Length: 4000\r\n\r\n".encode())
        await self.dripped(reader, writer, b"a" * 4000)

    async def reader(self, _, writer):
        """Asks until nothing more is taken, and never reads: a server that drops it resets the connection."""
        request = (f"GET {self.options.path}/~size:1000000 HTTP/1.1\r\nHost: {self.address.authority}\r\n"
                   f"X-A: {'a' * 8000}\r\n\r\n").encode()
        transport, began, blocked = writer.transport, time.monotonic(), None
        transport.pause_reading()
        while not transport.is_closing():
            if transport.get_write_buffer_size() >= 65536:
                if blocked is None:
                    blocked, self.full = time.monotonic(), self.full + 1
                await asyncio.sleep(0.2)
            elif blocked is None and time.monotonic() - began > RAMP:
                raise NotSlow
            else:
                writer.write(request * 4)
                await asyncio.sleep(0.02)
        self.full += blocked is None
        return time.monotonic() - blocked if blocked else 0

    async def run(self, kinds, ready, stop_after):
        """Opens them all, says so (readers: when they are full), and says at last how long each lived."""
        stop = time.monotonic() + stop_after
        clients = []
        for number in range(self.count):
            clients.append(asyncio.ensure_future(self.client(kinds[number % len(kinds)], stop)))
            if number % 50 == 49:
                await asyncio.sleep(0.01)
        full = time.monotonic() + RAMP
        while self.full < self.count and kinds == READERS and time.monotonic() < full:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.2)
        ready.send(self.opened)
        await asyncio.gather(*clients)
        ready.send((self.lives, self.refused))


class Attack:
    """Slow clients in a process of their own; made when they are all there."""

    def __init__(self, options, kinds, count):
        longest = max(options.head_deadline, options.body_deadline, options.reader_deadline) + options.slack
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.work, args=(options, kinds, count, there, longest + RAMP))
        self.process.start()
        self.opened = self.pipe.recv()

    @staticmethod
    def work(options, kinds, count, pipe, stop_after):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        asyncio.run(Slow(options, count).run(kinds, pipe, stop_after))

    @property
    def is_over(self):
        return self.pipe.poll(0)

    def end(self):
        result = self.pipe.recv()
        self.process.join()
        return result


def affordable(count):
    """As many sockets as this user may open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(count, hard - 200)


def judge(options, idle, busy, beside, lives, refused, grown):
    """What is wrong, one sentence each."""
    wrong = []
    allowed = max(2 * percentile(idle, 0.99), 2 * percentile(beside, 0.99), options.floor / 1000)
    if percentile(busy, 0.99) > allowed:
        wrong.append(f"healthy p99 {percentile(busy, 0.99) * 1000:.1f} ms is over {allowed * 1000:.1f} ms")
    if lost := sum(value == float("inf") for value in idle + busy):
        wrong.append(f"{lost} healthy requests were lost")
    deadlines = {"head": options.head_deadline, "body": options.body_deadline, "reader": options.reader_deadline}
    for kind, values in lives.items():
        late = sum(value > deadlines[kind] + options.slack for value in values)
        if late:
            wrong.append(f"{late} of {len(values)} slow {kind} clients were not dropped within {deadlines[kind]:.0f} s")
    if refused:
        wrong.append(f"{refused} connections were refused")
    if grown > options.memory * 1e6:
        wrong.append(f"memory grew by {grown / 1e6:.0f} MB")
    return wrong


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--target", required=True, help="host:port or unix:/path")
    parser.add_argument("--path", default="/functions/v1/echo", help="a route that answers [%(default)s]")
    parser.add_argument("--pid", type=int, help="whose memory is watched, children included")
    parser.add_argument("--sockets", type=int, help="[5,000; with --short 300]")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--every", type=float, help="seconds between two bytes [10; with --short 1]")
    parser.add_argument("--head-deadline", type=float, default=10, help="[%(default)s]")
    parser.add_argument("--body-deadline", type=float, default=11, help="10 and what the bytes earn [%(default)s]")
    parser.add_argument("--reader-deadline", type=float, default=30, help="[%(default)s]")
    parser.add_argument("--slack", type=float, default=2, help="seconds that dropping may take longer [%(default)s]")
    parser.add_argument("--floor", type=float, default=5, help="milliseconds under which p99 is good [%(default)s]")
    parser.add_argument("--memory", type=float, default=150, help="MB that it may grow by [%(default)s]")
    parser.add_argument("--seed", type=int, default=time.time_ns() & 0xffffff)
    options = parser.parse_args(arguments)
    random.seed(options.seed)
    options.every = options.every or (1 if options.short else 10)
    options.sockets = options.sockets or (300 if options.short else 5000)
    return options


def main(arguments):
    options = options_of(arguments)
    count = affordable(options.sockets)
    print(f"seed {options.seed}, {count} sockets"
          + (f" of {options.sockets}: no more may be opened" if count < options.sockets else ""), flush=True)
    with started("echo_backend.py", "--strict") as nearby:
        return attack(options, count, Healthy(options.target, options.path), Healthy(nearby, "/functions/v1/echo"))


def attack(options, count, healthy, control):
    healthy.during(1)
    idle = healthy.during(3 if options.short else 10)
    before = memory(options.pid)
    # The readers first, until they are full: what they ask for is load, and the others only wait.
    readers = max(1, min(20, count // 10))
    attacks = [Attack(options, READERS, readers), Attack(options, ("head", "body"), count - readers)]
    busy, beside, grown = [], [], 0
    while not all(a.is_over for a in attacks):
        healthy.begin(1)
        beside += control.during(1)
        busy += healthy.end()
        grown = max(grown, memory(options.pid) - before)
    ends = [a.end() for a in attacks]
    lives = {kind: [v for some, _ in ends for v in some[kind]] for kind in KINDS}
    healthy.close()
    control.close()
    for kind, values in lives.items():
        ended = [v for v in values if v != float("inf")]
        print(f"  {kind}: {len(values)} clients, {len(ended)} dropped, the last after {max(ended, default=0):.1f} s")
    wrong = judge(options, idle, busy, beside, lives, sum(refused for _, refused in ends), grown)
    print(f"{'FAIL' if wrong else 'PASS'} H3: {sum(a.opened for a in attacks)} slow sockets, healthy p99 "
          f"{percentile(idle, 0.99) * 1000:.2f} ms idle, {percentile(busy, 0.99) * 1000:.2f} ms under attack, "
          f"{percentile(beside, 0.99) * 1000:.2f} ms nearby, memory +{grown / 1e6:.1f} MB"
          + "".join(f"; {w}" for w in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
