#!/usr/bin/env python3
"""Measures whether answers tell by their time that an address has an account.

    scripts/with-database Tests/clients/auth_timing.py [--samples N] [--only PATH[,PATH...]] [--short]

Half of the known have confirmed their address. --short takes a minute on any machine: 60 samples of each,
guessing alone decides, and what fails is measured once more.

Needs the executables auth and sandbox (BINARIES, else .build/release), a calm machine and, with the
2,000 samples of each that are the default, a quarter of an hour. For each endpoint, known and unknown
addresses are asked for at random; the medians may differ by 5 % at most, and who guesses by the best
threshold may be right in no more than a little over half of the cases. Since answers are held up, a
few clients ask beside each other: fewer where each has a password hashed.
Prints `N passed, N failed` last.
"""

import argparse
import concurrent.futures
import http.client
import json
import random
import re
import statistics
import sys
import time

from auth_stack import Stack

PASSWORD = "correct horse battery"
# what is sent besides the address, and how many ask at once
CASES = {
    "token?grant_type=password": ({"password": "a wrong password"}, 4),
    "recover": ({}, 16),
    "otp": ({"create_user": False}, 16),
    "magiclink": ({}, 16),
    "resend": ({"type": "signup"}, 16),
    "signup": ({"password": PASSWORD}, 4),
    "verify": ({"type": "email", "token": "000000"}, 16),
}


class Asker:
    """One connection that stays."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def time(self, path, body):
        text = json.dumps(body)
        start = time.perf_counter()
        self.connection.request("POST", f"/auth/v1/{path}", text, {"content-type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return time.perf_counter() - start, answer.status


def best_guess(known, unknown):
    """How often the best threshold is right, from 0.5 for never better than a coin."""
    both = sorted([(each, 1) for each in known] + [(each, 0) for each in unknown])
    right = best = len(known)
    for _, is_known in both:
        right += -1 if is_known else 1
        best = max(best, right, len(both) - right)
    return best / len(both)


def confirm(stack, emails):
    """By the codes of the mails that came."""
    for email in emails:
        while not (mails := stack.inbox(email)):
            time.sleep(0.1)
        code = re.search(r"(?<![\w=])\d{6}(?!\w)", mails[0]["text"])[0]
        status, _ = stack.post("verify", {"type": "signup", "email": email, "token": code})
        assert status == 200, f"{email}: {status}"


def measure(port, path, extra, width, count, known, fresh, is_short):
    samples = {True: [], False: []}
    order = [True, False] * count
    random.shuffle(order)
    # addresses of accounts take turns: two that act on one account at once wait for each other
    emails = [known[each % len(known)] if is_known else fresh() for each, is_known in enumerate(order)]

    def ask(begin):
        asker = Asker(port)
        for is_known, email in list(zip(order, emails))[begin::width]:
            taken, status = asker.time(path, {"email": email, **extra})
            assert status in (200, 400, 403), f"{path}: {status}"
            samples[is_known].append(taken)

    with concurrent.futures.ThreadPoolExecutor(width) as pool:
        for each in [pool.submit(ask, begin) for begin in range(width)]:
            each.result()
    medians = [statistics.median(samples[each]) for each in (True, False)]
    difference = abs(medians[0] - medians[1]) / max(medians)
    guess = best_guess(samples[True], samples[False])
    # what chance alone makes of the best of all thresholds in 999 of 1,000 runs (Kolmogorov and Smirnov)
    bound = 0.5 + 0.975 * (2 / count) ** 0.5
    fits = (is_short or difference <= 0.05) and guess <= bound
    print(
        f"{'ok     ' if fits else 'not ok '} {path}: known {medians[0] * 1000:.2f} ms, unknown {medians[1] * 1000:.2f} ms, "
        f"apart {difference:.2%}, guessed {guess:.1%} (bound {bound:.1%}), {count} samples each", flush=True)
    return fits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--only", help="endpoints, such as recover,otp")
    parser.add_argument("--short", action="store_true", help="a minute's worth, for any machine")
    parser.add_argument("--floor", default="250", help="AUTH_ANSWER_FLOOR_MS; 0 shows what it hides")
    arguments = parser.parse_args()
    samples, people, tries = (60, 40, 2) if arguments.short else (arguments.samples, 200, 1)
    number = 0

    def fresh():
        nonlocal number
        number += 1
        return f"nobody{number:06}@example.com"

    stack = Stack(AUTH_ANSWER_FLOOR_MS=arguments.floor)
    try:
        known = [f"person{each:06}@example.com" for each in range(people)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda email: stack.post("signup", {"email": email, "password": PASSWORD}), known))
        confirm(stack, known[::2])
        results = [
            any(measure(stack.port, path, extra, width, samples, known, fresh, arguments.short) for _ in range(tries))
            for path, (extra, width) in CASES.items()
            if arguments.only is None or path.split("?")[0] in arguments.only.split(",")]
    finally:
        stack.stop()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
