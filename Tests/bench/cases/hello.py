"""A fixed answer: what the runtime costs before any work."""

import contextlib
import os

from harness.process import Process, free_port
from harness.result import Result, median, ratio_bar

NAMES = ("Core", "Deno.serve", "Core, log", "Deno.serve, id and log")


def deno(context, label, address, **environment):
    script = os.path.join(context.peers, "hello.js")
    allowed = ["--allow-net", "--allow-env", "--allow-read", "--allow-write"]
    return Process(label, [context.deno, "run", "--no-config", *allowed, script, address], environment, context.folder)


def run(context):
    result = Result("hello", "GET of a fixed JSON answer, 32 clients that keep their connections")
    plain, peer, logged, working = NAMES
    with contextlib.ExitStack() as stack:
        addresses = {name: f"127.0.0.1:{free_port()}" for name in NAMES}
        servers = {
            plain: context.program("bench-hello", plain, LISTEN=addresses[plain], LOG_LEVEL="warning"),
            peer: deno(context, peer, addresses[peer]),
            logged: context.program("bench-hello", logged, LISTEN=addresses[logged]),
            working: deno(context, working, addresses[working], WORK="on"),
        }
        answers = {}
        for name, server in servers.items():
            stack.enter_context(server)
            _, headers, body = server.wait(addresses[name], "/bench-hello")
            answers[name] = sorted(headers), headers["content-type"], headers["cache-control"], body
        if len(set(map(repr, answers.values()))) != 1:
            raise SystemExit(f"bench: the contenders' answers differ: {answers}")
        turns = context.rounds({name: context.loaded(server, addresses[name], "/bench-hello") for name, server in servers.items()})
    result.turns(turns)
    result.bars.append(ratio_bar(
        "CPU a request: Deno.serve's / ours, neither logs", [(b.cpu, a.cpu) for a, b in zip(turns[plain], turns[peer])], 1.3))
    result.bars.append(ratio_bar(
        "CPU a request: Deno.serve's / ours, both with id and log", [(b.cpu, a.cpu) for a, b in zip(turns[logged], turns[working])], 1.3))
    shipped = median(b.cpu / a.cpu for a, b in zip(turns[logged], turns[peer]))
    result.notes.append("Core makes a request id and counts each request in every row; Deno.serve does so in its last row alone.")
    result.notes.append(f"Ours with its log against Deno.serve without one: {shipped:.2f} ×.")
    return result
