#!/usr/bin/env python3
"""Measures whether answers tell by their time that an address has an account.

    scripts/with-database Tests/clients/auth_timing.py [--samples N]      2,000 of each by default

Needs the executables auth and sandbox (BINARIES, else .build/release). For each endpoint, known and
unknown addresses are asked for in turn and at random; the medians may differ by 5 % at most, and who
guesses by the best threshold may be right in no more than a little over half of the cases.
Prints `N passed, N failed` last.
"""

import argparse
import http.client
import json
import random
import statistics
import sys
import time

from auth_stack import Stack

PASSWORD = "correct horse battery"
# what is sent besides the address, and what share of all samples is enough where answers are held up
CASES = {
    "token?grant_type=password": ({"password": "a wrong password"}, 1),
    "recover": ({}, 0.1),
    "otp": ({"create_user": False}, 0.1),
    "resend": ({"type": "signup"}, 0.1),
    "signup": ({"password": PASSWORD}, 0.1),
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


def measure(asker, path, extra, count, known, fresh):
    samples = {True: [], False: []}
    order = [True, False] * count
    random.shuffle(order)
    for is_known in order:
        email = random.choice(known) if is_known else fresh()
        taken, status = asker.time(path, {"email": email, **extra})
        assert status in (200, 400), f"{path}: {status}"
        samples[is_known].append(taken)
    medians = [statistics.median(samples[each]) for each in (True, False)]
    difference = abs(medians[0] - medians[1]) / max(medians)
    guess = best_guess(samples[True], samples[False])
    # what chance alone makes of the best of all thresholds in 999 of 1,000 runs (Kolmogorov and Smirnov)
    bound = 0.5 + 0.975 * (2 / count) ** 0.5
    fits = difference <= 0.05 and guess <= bound
    print(
        f"{'ok     ' if fits else 'not ok '} {path}: known {medians[0] * 1000:.2f} ms, unknown {medians[1] * 1000:.2f} ms, "
        f"apart {difference:.2%}, guessed {guess:.1%} (bound {bound:.1%}), {count} samples each", flush=True)
    return fits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--only", help="one endpoint, such as recover")
    parser.add_argument("--floor", default="250", help="AUTH_ANSWER_FLOOR_MS; 0 shows what it hides")
    arguments = parser.parse_args()
    number = 0

    def fresh():
        nonlocal number
        number += 1
        return f"nobody{number:06}@example.com"

    stack = Stack(AUTH_ANSWER_FLOOR_MS=arguments.floor)
    try:
        asker, known = Asker(stack.port), []
        for each in range(20):
            known.append(f"person{each:06}@example.com")
            asker.time("signup", {"email": known[-1], "password": PASSWORD})
        results = [
            measure(asker, path, extra, max(50, int(arguments.samples * share)), known, fresh)
            for path, (extra, share) in CASES.items() if arguments.only in (None, path.split("?")[0])]
    finally:
        stack.stop()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
