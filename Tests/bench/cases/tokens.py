"""ES256: a signature's price, and what remembering verified tokens saves."""

import contextlib
import json
import os
import subprocess

from harness.context import ISSUER
from harness.process import free_port
from harness.result import Result, median

# The cache holds 1,024: in turns, none of so many is found there again.
MANY = 6000


def run(context):
    result = Result("tokens", "GET of a fixed answer: anonymous, with one token of a few, and with one of many; 32 clients")
    one = context.claims(1)
    few = context.authorizations("few", [context.claims(number + 1) for number in range(100)])
    many = context.authorizations("many", [{**one, "iat": one["iat"] - number % 600, "amr": number} for number in range(MANY)])
    address = f"127.0.0.1:{free_port()}"
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(context.program("bench-hello", "tokens", LISTEN=address, LOG_LEVEL="warning"))
        server.wait(address, "/bench-hello")
        turns = context.rounds({
            "anonymous": context.loaded(server, address, "/bench-hello"),
            "token, remembered": context.loaded(server, address, "/bench-hello", authorizations=few),
            "token, verified anew": context.loaded(server, address, "/bench-hello", authorizations=many),
        })
    result.turns(turns)
    with open(few, encoding="utf-8") as file:
        tokens = "".join(line.removeprefix("Bearer ") for line in file)
    speeds = [json.loads(subprocess.run(
        [context.binary("bench-tokens"), "verify", "1", ISSUER], input=tokens, text=True, capture_output=True, check=True,
        env={**os.environ, "JWT_SIGNING_KEY": context.keys[0]}).stdout) for _ in range(max(3, context.runs))]
    for key, text in [("signature_per_second", "by its signature"), ("cached_per_second", "by the cache")]:
        rate = median(speed[key] for speed in speeds)
        result.notes.append(f"by itself, one core: {rate:,.0f} tokens/s verified {text}, {1e6 / rate:.2f} µs each")
    return result
