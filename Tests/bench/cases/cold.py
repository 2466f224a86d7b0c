"""From exec to the first answer, asked over a Unix socket that is polled."""

import contextlib
import os
import socket
import time

from cases.hello import deno
from harness.process import Process
from harness.result import Bar, Result, median

STARTS = 30


def first_answer(server, path, target):
    """Milliseconds from before the process is made until its answer's first bytes."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    request = f"GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    began = time.perf_counter()
    with server:
        while True:
            with socket.socket(socket.AF_UNIX) as client:
                try:
                    client.connect(path)
                except OSError as error:
                    if server.process.poll() is not None or time.perf_counter() - began > 20:
                        raise SystemExit(f"bench: {server.name} does not start; see {server.log}") from error
                    time.sleep(0.0002)
                    continue
                client.settimeout(10)
                client.sendall(request)
                answer = client.recv(4096)
                took = (time.perf_counter() - began) * 1000
                if not answer.startswith(b"HTTP/1.1 200 "):
                    raise SystemExit(f"bench: {server.name} answers {answer[:80]!r}")
                return took


def run(context):
    result = Result("cold", f"from exec to the first answer on a Unix socket, {STARTS} starts each in turn")
    path = os.path.join(context.folder, "cold.sock")
    address = f"unix:{path}"
    servers = {
        "bench-hello": (context.program("bench-hello", LISTEN=address), "/bench-hello"),
        "auth-profile-setup, /health/live": (context.program("auth-profile-setup", LISTEN=address), "/health/live"),
        "auth-profile-setup, /health asks the database": (context.program("auth-profile-setup", LISTEN=address), "/health"),
        "Deno.serve": (deno(context, "Deno cold", address), "/"),
        "true(1), which only ends": None,
    }
    times = {name: [] for name in servers}
    for number in range(STARTS + 1):
        for name, contender in servers.items():
            took = first_answer(contender[0], path, contender[1]) if contender else nothing(context)
            if number:  # the first start warms the page cache
                times[name].append(took)
    result.header = ["", "median ms", "fastest", "slowest"]
    for name, took in times.items():
        result.rows.append([name, f"{median(took):.1f}", f"{min(took):.1f}", f"{max(took):.1f}"])
    result.rounds = times
    result.bars.append(Bar("bench-hello", median(times["bench-hello"]), 20, atleast=False, unit=" ms"))
    result.bars.append(Bar(
        "auth-profile-setup", median(times["auth-profile-setup, /health/live"]), 20, atleast=False, unit=" ms"))
    return result


def nothing(context):
    began = time.perf_counter()
    Process("true", ["/bin/true"], {}, context.folder).start().process.wait()
    return (time.perf_counter() - began) * 1000
