"""One turn of load: wrk against an address, and what it cost whom."""

import json
import os
import subprocess
import time

from harness import machine

REPORT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers", "report.lua")


class Turn:
    """What one contender did in one turn."""

    def __init__(self, report, server, others, foreign, steal):
        requests = report["requests"]
        self.rate = requests / report["seconds"]
        self.p50 = report["p50_ms"]
        self.p99 = report["p99_ms"]
        self.user = server[0] * 1e6 / requests
        self.system = server[1] * 1e6 / requests
        self.cpu = self.user + self.system
        self.others = {name: sum(cost) * 1e6 / requests for name, cost in others.items()}
        self.foreign = foreign
        self.steal = steal

    def record(self):
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in vars(self).items()}


def minus(after, before):
    return after[0] - before[0], after[1] - before[1]


def turn(url, server, seconds, clients=32, authorizations=None, bodies=None, body=None, others=None):
    """Loads `url` for a while.

    `server` is the process whose cost counts; `others` (name → id of a process) are what works for
    it, such as PostgreSQL. An answer that is not a success ends the run: a figure that counts
    refusals is worth nothing. A `body` is posted, by those whose authorizations are given.
    """
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", REPORT, url, "--"]
    if authorizations:
        command += ["authorizations", authorizations]
    if bodies:
        command += ["bodies", bodies]
    if body:
        command += ["body", body]
    others = others or {}
    mine = machine.family(server.pid)
    before = machine.cpu_of(mine), {name: machine.cpu_of(machine.family(pid)) for name, pid in others.items()}
    ours, busy, began = os.times(), machine.busy(), time.monotonic()
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    elapsed, busy_now, ours_now = time.monotonic() - began, machine.busy(), os.times()
    cost = minus(machine.cpu_of(machine.family(server.pid)), before[0])
    others = {name: minus(machine.cpu_of(machine.family(pid)), before[1][name]) for name, pid in others.items()}
    lines = [line for line in ran.stdout.splitlines() if line.startswith("REPORT ")]
    if not lines:
        raise SystemExit(f"bench: wrk against {url}: {ran.stdout}")
    report = json.loads(lines[0][len("REPORT "):])
    if report["failed"] or report["broken"] or not report["requests"]:
        raise SystemExit(f"bench: {server.name}: of {report['requests']} answers {report['failed']} were refusals and {report['broken']} broken")
    known = sum(ours_now[:4]) - sum(ours[:4]) + sum(cost) + sum(map(sum, others.values()))
    capacity = elapsed * os.cpu_count()
    foreign = max(0.0, busy_now[0] - busy[0] - known) / capacity
    return Turn(report, cost, others, foreign, (busy_now[1] - busy[1]) / capacity)
