#!/usr/bin/env python3
"""A dispatcher in front of a service that answers badly: its client learns so, and nobody else notices.

The route leads to echo_backend.py. Each kind of bad answer must become 502 in the envelope, or a closed connection
when a part has been passed on already; never a whole answer, never an answer to somebody else. After each, a second
client, the same client, and the dispatcher's own /health get what is theirs and nothing more.
The last line is "upstream: N passed, N failed".
"""

import argparse
import itertools
import os
import socket
import sys
import time

from harness.address import Address
from harness.answers import AnswerReader, Malformed
from harness.script import BAD

numbers = itertools.count(1)
#: Kinds whose first part is a whole answer: it may be passed on, what follows it may not.
HARMLESS = {"surplus"}
#: What a service may do to an answer that is right so far, and what may become of it.
TROUBLE = {
    "~early": {502}, "~early:10": {502}, "~early:60": {None, 502}, "~early:5000": {None, 502}, "~reset": {502},
    "~cut:20": {502}, "~cut:100": {502}, "~cut:250": {None, 502}, "~size:2000000/~cut:1000000": {None, 502},
    "~chunked/~cut:200": {None, 502}, "~extra": {200}, "~drop": {200}, "~stale": {200}, "~interim:3": {200},
    "~continue": {200}, "~chunked": {200}, "~until-close": {200}, "~close": {200}, "~chunked/~close": {200},
    "~size:3000000": {200}, "~size:3000000/~chunked:50": {200}, "~status:204": {204}, "~status:304": {304},
    "~early-answer": {200}, "~slow:100": {200}, "~drip:1": {200}, "~status:500": {500}, "~size:1": {200},
}


class Client:
    """A keep-alive client that knows which answer is its own."""

    def __init__(self, options):
        self.options, self.link, self.reader = options, None, None

    def ask(self, tail, method="GET", body=b""):
        """The answer, None when the connection closed before it was whole; raises when it was not HTTP."""
        if self.link is None:
            self.link, self.reader = self.options.target.connect(10), None
        nonce = f"u{os.getpid():x}-{next(numbers)}"
        self.reader = AnswerReader(lambda _: method == "HEAD")
        framing = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
        target = tail if tail.startswith("/") else f"{self.options.path}/{tail}/{nonce}"
        try:
            host = self.options.target.authority
            self.link.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nX-Nonce: {nonce}\r\n{framing}\r\n".encode()
                              + body)
            while not self.reader.finals:
                data = self.link.recv(1 << 18)
                if not data:
                    self.close()
                    return None
                self.reader.feed(data)
        except (ConnectionError, BrokenPipeError):
            self.close()
            return None
        answer = self.reader.finals[0]
        if len(self.reader.finals) > 1 or self.reader.buffer:
            raise Malformed(f"bytes after the answer: {bytes(self.reader.buffer[:60])!r}")
        said = answer.json() or {}
        if answer.status == 200 and "target" in said and nonce not in said["target"]:
            raise Malformed(f"the answer to {nonce} is about {said['target']}")
        if answer.says_close:
            self.close()
        return answer

    def close(self):
        self.link.close()
        self.link = None


class Checks:
    """Counts, and says what failed."""

    def __init__(self, options):
        self.options, self.passed, self.failed = options, 0, 0

    def check(self, name, allowed, tail, **how):
        """One bad answer, and then everybody else's."""
        bystander, victim = Client(self.options), Client(self.options)
        wrong = []
        try:
            bystander.ask("before")
            got = victim.ask(tail, **how)
            status = got.status if got else None
            if status not in allowed:
                wrong.append(f"{status} is none of {sorted(allowed, key=str)}")
            if status == 502 and (got.code not in ("UPSTREAM_FAILED", "UNAVAILABLE") or not got.value("x-request-id")):
                wrong.append(f"502 without its envelope: {got.body[:80]!r}")
        except (Malformed, socket.timeout) as error:
            wrong.append(f"its own answer: {error or 'none in time'}")
        for who, client, path in (("somebody else", bystander, "after"), ("the same client", victim, "next"),
                                  ("a new client", Client(self.options), "new"),
                                  ("/health", Client(self.options), "/health")):
            try:
                answer = client.ask(path)
                if answer is None or answer.status != 200 and path != "/health" or b"secret" in answer.body:
                    wrong.append(f"{who}: {answer or 'closed'}")
                elif answer.value("x-a"):
                    wrong.append(f"{who} got another answer's field")
            except (Malformed, socket.timeout) as error:
                wrong.append(f"{who}: {error or 'no answer in time'}")
        self.note(name, wrong)

    def note(self, name, wrong):
        self.passed, self.failed = self.passed + (not wrong), self.failed + bool(wrong)
        if wrong:
            print(f"  FAIL {name}: " + "; ".join(wrong)[:400], flush=True)

    def stale(self):
        """A connection that the service closed while it was idle: an idempotent request never notices."""
        client, lost = Client(self.options), 0
        for _ in range(20):
            client.ask("~stale")
            time.sleep(0.01)
            answer = client.ask("after-stale")
            lost += answer is None or answer.status != 200
        self.note("20 stale connections", [f"{lost} requests were lost"] if lost else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--target", required=True, type=Address, help="the dispatcher: host:port or unix:/path")
    parser.add_argument("--path", default="/functions/v1/echo", help="the route to echo_backend.py [%(default)s]")
    options = parser.parse_args()
    checks = Checks(options)
    for kind in BAD:
        allowed = {200} if kind in HARMLESS else {None, 502}
        checks.check(f"bad:{kind}", allowed, f"~bad:{kind}")
        checks.check(f"bad:{kind} to POST", allowed, f"~bad:{kind}", method="POST", body=b"{}")
    for tail, allowed in TROUBLE.items():
        checks.check(tail, allowed, tail)
    for tail in ("~chunked", "~size:100000", "~status:204", "~interim:2"):
        checks.check(f"HEAD {tail}", {200, 204}, tail, method="HEAD")
    checks.check("an early answer to a long body", {200, 502, None}, "~early-answer", method="POST",
                 body=b"x" * 500_000)
    checks.stale()
    print(f"upstream: {checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
