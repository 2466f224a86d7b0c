"""A user's ordinary request: token, role, claims, one row under row level security."""

import contextlib
import json
import os
import sys

from harness.context import ISSUER, USERS
from harness.process import Process, free_port
from harness.result import Result, ratio_bar

LIMIT = 1000
CONNECTIONS = 8


def uvicorn(context, label, port, **environment):
    arguments = [
        sys.executable, "-m", "uvicorn", "read:app", "--app-dir", context.peers, "--host", "127.0.0.1", "--port", str(port),
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--no-server-header",
    ]
    given = {"DATABASE_URL": context.edge_url, "JWT_JWKS": context.keys[1], "JWT_ISSUER": ISSUER,
             "PEER_CONNECTIONS": str(CONNECTIONS), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return Process(label, arguments, given, context.folder)


def run(context):
    result = Result("read", "GET of the caller's own row: token, transaction with role and claims, select; 32 clients")
    context.make_users()
    counted = {"BENCH_RATE_LIMIT": "on", "RATE_LIMIT_USER_PER_HOUR": str(LIMIT)}
    with open(context.users, encoding="utf-8") as file:
        authorization = {"Authorization": file.readline().strip()}
    with contextlib.ExitStack() as stack:
        contenders, answers = {}, []
        for name, make, environment in [
            ("Core", "ours", {}),
            ("uvicorn + asyncpg", "peer", {}),
            ("uvicorn + asyncpg, no reset", "peer", {"PEER_RESET": "off"}),
            ("Core, rate limit", "ours", counted),
            ("uvicorn + asyncpg, rate limit", "peer", counted),
        ]:
            port = free_port()
            address = f"127.0.0.1:{port}"
            if make == "ours":
                server = context.program("bench-read", name, LISTEN=address, **environment)
            else:
                server = uvicorn(context, name, port, **environment)
            stack.enter_context(server)
            body = json.loads(server.wait(address, "/bench-read", authorization)[2])
            body.pop("created_at")  # two spellings of one moment
            answers.append(body)
            context.forget_calls()
            contenders[name] = fresh(context, context.loaded(
                server, address, "/bench-read", authorizations=context.users, others={"PostgreSQL": context.postmaster}))
        if any(answer != answers[0] for answer in answers):
            raise SystemExit(f"bench: the contenders' answers differ: {answers}")
        turns = context.rounds(contenders)
    result.turns(turns)
    ours, peer, tuned, ours_counted, peer_counted = turns.values()
    result.bars.append(ratio_bar("throughput: ours / uvicorn's", [(a.rate, b.rate) for a, b in zip(ours, peer)], 6))
    result.bars.append(ratio_bar(
        "throughput with the rate limit: ours / uvicorn's", [(a.rate, b.rate) for a, b in zip(ours_counted, peer_counted)], 6))
    against_tuned = ratio_bar("", [(a.rate, b.rate) for a, b in zip(ours, tuned)], 6).figure
    result.notes += [
        f"{USERS} users' tokens take turns; both remember verified tokens. Ours: 2 connections, log on; uvicorn: {CONNECTIONS}, no log.",
        "'no reset' leaves out the statement by which asyncpg's pool cleans a connection that is given back: "
        f"ours / that: {against_tuned:.2f} ×.",
        f"The limit is {LIMIT} an hour for each user; nobody reaches it.",
    ]
    return result


def fresh(context, make):
    """A turn that begins with no call counted."""
    def turn():
        context.forget_calls()
        return make()
    return turn
