#!/usr/bin/env python3
"""H4: whatever is too large is refused at once and costs nothing.

A field of a megabyte, ten thousand fields, a target over 8 KB, bodies of 11 MB announced and in chunks, floods of
tiny chunks, of extensions and of trailers, a gzip bomb: the right status within 50 ms (median, from the first byte
sent), alone and from many clients at once, while memory (--pid) stays flat. The last line is the verdict.
"""

import argparse
import concurrent.futures
import gzip
import select
import statistics
import sys
import time

from harness.address import Address
from harness.answers import AnswerReader, Malformed
from harness.measure import memory

MB = 1 << 20


def attacks(path, host, max_body):
    """Name, what is sent, and the statuses that are right.

    A flood is within the limit until its last bytes: it is not held to the bar, since most of it is taken.
    """
    start, post = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n", f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
    chunked = (post + "Transfer-Encoding: chunked\r\n\r\n").encode()
    bomb = gzip.compress(b"\0" * (100 * MB), 9)[:max_body]
    tiny = b"1\r\na\r\n"
    return [
        ("a field of 1 MB", start.encode() + b"X-A: " + b"a" * MB + b"\r\n\r\n", {431}),
        ("10,000 fields", start.encode() + b"".join(b"X-%d: 1\r\n" % i for i in range(10_000)) + b"\r\n", {431}),
        ("a target of 9 KB", f"GET {path}/{'a' * 9216} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), {414}),
        ("a target of 1 MB", f"GET {path}/{'a' * MB} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), {414, 431}),
        ("an endless line", b"GET " + b"/" * MB, {414, 431}),
        ("11 MB announced", (post + f"Content-Length: {11 * MB}\r\n\r\n").encode() + b"a" * (11 * MB), {413}),
        ("10^18 announced", (post + "Content-Length: 999999999999999999\r\n\r\n").encode(), {413}),
        ("11 MB in chunks", chunked + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 176 + b"0\r\n\r\n", {413}),
        ("11 MB in one chunk", chunked + b"b00000\r\n" + b"a" * (11 * MB) + b"\r\n0\r\n\r\n", {413}),
        ("a flood of tiny chunks", chunked + tiny * (max_body + 100), {413}),
        ("a chunk extension of 1 MB", chunked + b"5;" + b"a" * MB + b"\r\nhello\r\n0\r\n\r\n", {400}),
        ("trailers of 1 MB", chunked + b"0\r\n" + b"X-A: 1\r\n" * (MB // 8), {400, 431}),
        ("a chunk size of 1 MB of zeros", chunked + b"0" * MB, {400}),
        ("a gzip bomb", (post + "Content-Encoding: gzip\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(bomb)}\r\n\r\n").encode() + bomb, set()),
    ]


class Attempt:
    """One attack on a connection of its own."""

    def __init__(self, address, data):
        self.reader, self.data = AnswerReader(), memoryview(data)
        self.link = address.connect(10)
        self.link.setblocking(False)

    def run(self, patience):
        """(status or what went wrong, seconds until the answer began to come)."""
        began, first = time.perf_counter(), None
        try:
            while time.perf_counter() - began < patience:
                readable, writable, _ = select.select([self.link], [self.link] if self.data else [], [], 0.5)
                if readable:
                    received = self.link.recv(65536)
                    first = first or time.perf_counter() - began
                    if not received:
                        return "closed without an answer", first
                    self.reader.feed(received)
                    if self.reader.finals:
                        return self.reader.finals[0].status, first
                if writable:
                    try:
                        self.data = self.data[self.link.send(self.data[:65536]):]
                    except BlockingIOError:
                        pass
                    except OSError:
                        self.data = memoryview(b"")
            return "no answer", patience
        except Malformed as error:
            return str(error), first or 0
        except ConnectionResetError:
            return "reset before the answer", first or time.perf_counter() - began
        finally:
            self.link.close()


def is_right(status, allowed):
    return status in allowed if allowed else isinstance(status, int) and status < 500


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--target", required=True, type=Address, help="host:port or unix:/path")
    parser.add_argument("--path", default="/functions/v1/echo", help="a route that answers [%(default)s]")
    parser.add_argument("--pid", type=int, help="whose memory is watched, children included")
    parser.add_argument("--max-body", type=int, default=MB, help="the target's body limit [%(default)s]")
    parser.add_argument("--times", type=int, help="each attack, one after another [20; with --short 5]")
    parser.add_argument("--at-once", type=int, help="of each attack [64; with --short 16]")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--bar", type=float, default=50, help="milliseconds, median [%(default)s]")
    parser.add_argument("--memory", type=float, default=32, help="MB that it may grow by [%(default)s]")
    options = parser.parse_args()
    times = options.times or (5 if options.short else 20)
    at_once = options.at_once or (16 if options.short else 64)
    print(f"seed none: nothing is drawn; {times} times alone, {at_once} at once", flush=True)
    list_of = attacks(options.path, options.target.authority, options.max_body)
    for _, data, _ in list_of:
        Attempt(options.target, data).run(10)
    before, grown, wrong, slowest = memory(options.pid), 0, [], 0.0
    for name, data, allowed in list_of:
        alone = [Attempt(options.target, data).run(10) for _ in range(times)]
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            together = list(pool.map(lambda _, d=data: Attempt(options.target, d).run(20), range(at_once)))
        grown = max(grown, memory(options.pid) - before)
        median = statistics.median(seconds for _, seconds in alone) * 1000
        bad = [status for status, _ in alone + together if not is_right(status, allowed)]
        timed = bool(allowed) and "flood" not in name
        late = timed and median > options.bar
        slowest = max(slowest, median if timed else 0)
        if bad:
            wrong.append(f"{name}: {len(bad)} of {len(alone + together)} answered {bad[0]}")
        if late:
            wrong.append(f"{name}: {median:.0f} ms")
        print(f"  {name}: {alone[0][0]}, median {median:.1f} ms" + (", WRONG" if bad or late else ""), flush=True)
    if grown > options.memory * 1e6:
        wrong.append(f"memory grew by {grown / 1e6:.0f} MB")
    print(f"{'FAIL' if wrong else 'PASS'} H4: {len(list_of)} attacks, slowest refusal {slowest:.1f} ms (median), "
          f"memory +{grown / 1e6:.1f} MB" + "".join(f"; {w}" for w in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
