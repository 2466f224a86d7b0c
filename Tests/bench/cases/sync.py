"""A channel's sync, the sandbox answering at once, against the same walk in Python; and linking an account."""

import json
import os
import subprocess
import sys
import time

from harness.creators import FUNCTIONS, Creators, Costs
from harness.result import Bar, Result, median, ratio_bar

SIZES = (50, 20_000)
LINKS = 100
# A re-sync of what is unchanged writes the account's and the quota's rows, and with each page the run's lease:
# bytes, and bytes an item.
UNCHANGED_WAL = 50_000, 10

class Peer:
    """The walk in Python, warm: its modules are loaded and its statement is prepared."""

    def __init__(self, context, creators):
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(context.peers, "sync.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "YOUTUBE_BASE_URL": creators.settings["YOUTUBE_BASE_URL"]})

    def sync(self, account, token, items):
        self.process.stdin.write(json.dumps({"account": account, "token": token, "items": items}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("bench: the walk in Python ended")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)

    @property
    def pid(self):
        return self.process.pid


class Bench:
    def __init__(self, context, creators):
        self.context, self.creators = context, creators
        self.tokens = context.sign([context.claims(number) for number in (1, 2)])
        context.sql("update public.subscription set tier_id = (select id from public.subscription_tier where slug = 'premium')")
        self.peer = Peer(context, creators)
        self.ours, self.theirs, self.keys = {}, {}, {}
        for size in SIZES:
            self.ours[size], _ = creators.link(self.tokens[0], creators.channel(f"ours-{size}", size))
            self.keys[size] = creators.channel(f"theirs-{size}", size)
            self.theirs[size], _ = creators.link(self.tokens[1], self.keys[size])

    def wal(self):
        return int(self.context.value("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"))

    def empty(self, account):
        """As if it had never been synced."""
        self.context.sql(
            f"delete from public.content_item where social_account_id = '{account}';"
            f" update public.social_account set last_synced_at = null, last_full_sync_at = null where id = '{account}';"
            " update public.subscription set syncs_used = 0; vacuum analyze public.content_item;")

    def turn(self, work, size, **processes):
        """(items a second, CPU by process, bytes of WAL, seconds) of one sync."""
        costs, wal, began = Costs(self.context, **processes), self.wal(), time.perf_counter()
        items = work()
        seconds = time.perf_counter() - began
        if items != size:
            raise SystemExit(f"bench: {items} items of {size} were synced")
        return {"rate": items / seconds, "seconds": seconds, "wal": self.wal() - wal, "cpu": costs.since()}

    def sync_ours(self, size):
        body = {"social_account_id": self.ours[size], **({"full": True} if size > 500 else {"max_results": size})}
        return self.turn(
            lambda: self.creators.call(FUNCTIONS[2], self.tokens[0], body)["synced_count"], size,
            ours=self.creators.processes[FUNCTIONS[2]], sandbox=self.creators.processes["sandbox"])

    def sync_theirs(self, size):
        token = self.creators.access_token(self.keys[size])
        return self.turn(
            lambda: self.peer.sync(self.theirs[size], token, size)["items"], size, ours=self.peer, sandbox=self.creators.processes["sandbox"])


def run(context):
    result = Result("sync", "YouTube channels of 50 and of 20,000 items, one sync at a time")
    context.make_users()
    with Creators(context) as creators:
        bench = Bench(context, creators)
        turns = {}
        for number in range(context.runs):
            for size in SIZES:
                # A big one takes long enough to be judged by two rounds.
                if size > 500 and number > 1:
                    continue
                print(f"  round {number + 1}/{context.runs}: {size} items …", file=sys.stderr, flush=True)
                for name, account, sync in (("ours", bench.ours, bench.sync_ours), ("Python", bench.theirs, bench.sync_theirs)):
                    bench.empty(account[size])
                    turns.setdefault((name, size, "first"), []).append(sync(size))
                    turns.setdefault((name, size, "unchanged"), []).append(sync(size))
        bench.peer.stop()
        links = [creators.link(bench.tokens[0], creators.channel(f"link-{number}", 1))[1] for number in range(2)]  # warm
        context.sql("update public.subscription_tier set max_social_accounts = 100000 where slug = 'premium'")
        costs = Costs(context, init=creators.processes[FUNCTIONS[0]], callback=creators.processes[FUNCTIONS[1]], sandbox=creators.processes["sandbox"])
        links = [creators.link(bench.tokens[0], creators.channel(f"linked-{number}", 1))[1] for number in range(LINKS)]
        spent = costs.since()
    result.header = ["", "items/s", "seconds", "CPU µs/item", "PostgreSQL µs/item", "sandbox µs/item", "WAL bytes/item"]
    for (name, size, kind), rounds in turns.items():
        per = lambda key, rounds=rounds, size=size: median(turn["cpu"][key] for turn in rounds) * 1e6 / size  # noqa: E731
        result.rows.append([
            f"{name}, {size:,}, {kind}", f"{median(turn['rate'] for turn in rounds):,.0f}", f"{median(turn['seconds'] for turn in rounds):.3f}",
            f"{per('ours'):.0f}", f"{per('PostgreSQL'):.0f}", f"{per('sandbox'):.0f}", f"{median(turn['wal'] for turn in rounds) / size:,.0f}"])
        result.rounds[f"{name}, {size}, {kind}"] = rounds
    for size in SIZES:
        pairs = [(one["rate"], other["rate"]) for one, other in zip(turns["ours", size, "first"], turns["Python", size, "first"])]
        result.bars.append(ratio_bar(f"items a second of a first sync of {size:,}: ours / Python", pairs, 5))
    for size in SIZES:
        written = median(turn["wal"] for turn in turns["ours", size, "unchanged"])
        allowed = UNCHANGED_WAL[0] + UNCHANGED_WAL[1] * size
        result.bars.append(Bar(f"WAL of an unchanged re-sync of {size:,}", written / 1000, allowed / 1000, atleast=False, unit=" kB"))
    links.sort()
    result.notes += [
        "Python: google-api-python-client, psycopg 3, a page of 50 in one prepared statement; it keeps no revisions and counts no quota.",
        f"OAuth round trip (init, consent, the browser's return, callback), {LINKS} in turn: median {median(links) * 1000:.1f} ms, "
        f"p95 {links[int(LINKS * 0.95)] * 1000:.1f} ms; CPU ms each: " + ", ".join(f"{name} {cost * 1000 / LINKS:.1f}" for name, cost in spent.items()) + "."]
    result.rounds["links"] = links
    return result
