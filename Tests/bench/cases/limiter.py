"""The rate limit's SQL by itself, so that its share of a request is known."""

import os
import re
import subprocess

import settings  # of scripts/lib
from harness.result import Result, median

SCRIPT = """\\set user random(1, {users})
select let_in from internal.take_rate_limits(array['user:' || :user], 100000, interval '1 hour');
"""


def run(context):
    result = Result("limiter", "internal.take_rate_limits by pgbench: 32 clients, prepared, as the login edge")
    url, password = settings.apart(context.edge_url)
    result.header = ["", "calls/s", "mean ms"]
    for users in (1000, 32, 1):
        script = os.path.join(context.folder, f"limiter-{users}.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(users=users))
        found = []
        for _ in range(context.runs):
            context.forget_calls()
            ran = subprocess.run(
                ["pgbench", "-n", "-M", "prepared", "-c", "32", "-j", "1", "-T", str(context.seconds), "-f", script, url],
                env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True, check=True)
            rate = re.search(r"^tps = ([\d.]+)", ran.stdout, re.M)
            latency = re.search(r"^latency average = ([\d.]+) ms", ran.stdout, re.M)
            if " 0 (0.000%)" not in re.search(r"failed transactions: (.*)", ran.stdout)[0]:
                raise SystemExit(f"bench: {ran.stdout}")
            found.append((float(rate[1]), float(latency[1])))
        rates, latencies = zip(*found)
        result.rows.append([f"{users:,} key{'s' if users > 1 else ''}", f"{median(rates):,.0f}", f"{median(latencies):.2f}"])
        result.rounds[f"{users} keys"] = found
    result.notes.append("Each call is a transaction that locks its key's row; its commit does not wait for the disk.")
    return result
