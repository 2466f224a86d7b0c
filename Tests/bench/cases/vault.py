"""A new master key for a whole vault, while its secrets are read all the time."""

import base64
import json
import os
import subprocess
import time

from harness.result import Bar, Result

COUNT = 100_000
OLD, NEW = (f"{name}:{base64.b64encode(os.urandom(32)).decode()}" for name in ("old", "new"))


def run(context):
    result = Result("vault", f"{COUNT:,} secrets brought under another master key while four connections read them")
    result.header = ["", "seconds", "secrets/s", "reads/s", "p50 ms", "p99 ms", "max ms"]
    environment = {**os.environ, "VAULT_KEYS": f"{NEW},{OLD}"}
    began = time.monotonic()
    subprocess.run([context.binary("bench-vault"), "seed", str(COUNT)], env={**environment, "VAULT_KEYS": OLD}, check=True)
    result.rows.append(_row("put in", time.monotonic() - began))
    with subprocess.Popen([context.binary("bench-vault"), "read", str(COUNT)], env=environment, stdout=subprocess.PIPE, text=True) as reader:
        reader.stdout.readline()
        time.sleep(context.seconds)
        began = time.monotonic()
        subprocess.run([context.binary("vault"), "rotate"], env=environment, check=True)
        seconds = time.monotonic() - began
        time.sleep(1)
        reader.terminate()
        read = json.loads(reader.stdout.readline())
    result.rows.append(_row("under the new key", seconds, read, seconds + context.seconds + 1))
    retired = subprocess.run([context.binary("vault"), "retire", "old"], env=environment, check=False).returncode == 0
    refused = subprocess.run(
        [context.binary("bench-vault"), "seed", "1"], env={**environment, "VAULT_KEYS": OLD}, stdout=subprocess.DEVNULL, check=False).returncode != 0
    result.bars += [
        Bar("a new key for all", seconds, 300, atleast=False, unit=" s"),
        Bar("reads that succeeded meanwhile", 100 - 100 * read["failures"] / read["reads"], 100, unit=" %"),
        Bar("the old key is retired, and refused", int(retired and refused), 1),
    ]
    return result


def _row(name, seconds, read=None, span=1):
    times = [f"{read['reads'] / span:,.0f}", *(f"{read[key]:.2f}" for key in ("p50_ms", "p99_ms", "max_ms"))] if read else ["", "", "", ""]
    return [name, f"{seconds:.1f}", f"{COUNT / seconds:,.0f}", *times]
