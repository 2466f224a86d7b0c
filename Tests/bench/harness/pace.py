#!/usr/bin/env python3
"""Asks one thing at a steady pace on one connection and says how long answers took.

    pace.py HOST:PORT PATH SECONDS [EVERY_MS]      → {"requests": …, "p50_ms": …, "p99_ms": …}
"""

import http.client
import json
import sys
import time


def main():
    address, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    every = float(sys.argv[4] if sys.argv[4:] else 2) / 1000
    connection = http.client.HTTPConnection(address, timeout=10)
    took, due = [], time.perf_counter()
    end = due + seconds
    while due < end:
        time.sleep(max(0, due - time.perf_counter()))
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"bench: {path}: {answer.status}")
        took.append(time.perf_counter() - began)
        due += every
    took.sort()
    print(json.dumps({
        "requests": len(took), "p50_ms": took[len(took) // 2] * 1000, "p99_ms": took[len(took) * 99 // 100] * 1000}))


if __name__ == "__main__":
    main()
