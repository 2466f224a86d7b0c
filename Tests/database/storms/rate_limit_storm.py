"""The sliding log under 64 clients against an oracle that knows when each call was let in: no call
too many in any window, and none refused while there was room."""

import bisect
import time

from libpq import Connection
from storm import URL, equal, ok, owner, done, storm

with Connection(URL) as session:
    # each call that is let in, with the time that the log holds for it
    session.run("create table public.let_in (key text, at timestamptz)")
    session.run(
        "create function public.note_hit() returns trigger language plpgsql security definer as $$"
        " declare newest timestamptz := '-infinity';"
        " begin if tg_op = 'UPDATE' then"
        " newest := coalesce(old.hits[cardinality(old.hits)], newest); end if;"
        " insert into public.let_in select new.key, h from unnest(new.hits) as h where h > newest;"
        " return null; end $$"
    )
    session.run(
        "create trigger note_hit after insert or update of hits on internal.rate_limit"
        " for each row execute function public.note_hit()"
    )
    began = time.time()
    skew = float(session.one("select extract(epoch from clock_timestamp())"))
    ok(began - 0.05 <= skew <= time.time() + 0.05, "server and test share a clock", skew - began)

SECONDS = 6


def attack(keys, limit, window):
    """Calls by 64 clients for some seconds: (key, began, ended, let in, refused, remaining, reset)
    of each. A client asks for `keys(index, number)` in one statement."""

    def client(index, connection):
        calls = []
        end = time.time() + SECONDS
        while time.time() < end:
            asked = keys(index, len(calls))
            before = time.time()
            rows = connection.run(
                "select * from internal.take_rate_limits($1::text[], $2::int, $3::interval)",
                "{%s}" % ",".join(asked), limit, f"{window} s",
            )
            after = time.time()
            for key, let_in, remaining, reset in rows:
                refused = asked.count(key) - int(let_in)
                calls.append((key, before, after, int(let_in), refused, int(remaining), int(reset)))
            # some clients hammer, others look in now and then
            time.sleep(0.004 * (index % 8))
        return calls

    return [call for calls in storm(64, client) for call in calls]


def judge(name, calls, limit, window):
    with owner() as session:
        session.run("reset role")
        rows = session.run(
            "select key, extract(epoch from at)::numeric from public.let_in order by at"
        )
        session.run("truncate public.let_in")
    hits = {}
    for key, at in rows:
        hits.setdefault(key, []).append(float(at))
    allowed = sum(call[3] for call in calls)
    refused = sum(call[4] for call in calls)
    equal(len(rows), allowed, f"{name}: the log holds each call that was let in, and no other")
    over = [
        (key, i) for key, times in hits.items() for i in range(len(times) - limit)
        if times[i + limit] - times[i] < window - 1e-6
    ]
    equal(over, [], f"{name}: {allowed} let in, never more than {limit} in {window} s")

    wrong = []
    for key, before, after, _, are_refused, remaining, reset in calls:
        if not are_refused:
            continue
        times = hits.get(key, [])
        # between asking and hearing there must be a moment at which the window was full: the count
        # rises at hits alone, so that looking at the beginning and at each hit is enough
        first = bisect.bisect_left(times, before)
        last = bisect.bisect_right(times, after)
        full = any(
            bisect.bisect_right(times, at) - bisect.bisect_right(times, at - window) >= limit
            for at in [before, *times[first:last]]
        )
        if not full or not 1 <= reset <= window + 1 or remaining != 0:
            wrong.append((before, after, remaining, reset))
    ok(refused > 0, f"{name}: the storm was more than the limit")
    equal(wrong, [], f"{name}: {refused} refused, none while there was room")
    ceiling = len(hits) * limit * (int(SECONDS / window) + 2)
    ok(
        allowed >= len(hits) * limit * int(SECONDS / window) * 0.6 and allowed <= ceiling,
        f"{name}: what may go through does", f"{allowed} of {ceiling}",
    )


def some(prefix, most):
    """Up to `most` of eight keys, some twice, in an order of each client's own."""
    def keys(index, number):
        return [f"{prefix} {(index * 3 + number + step * (1 + index % 5)) % 8}" for step in range(1 + number % most)]
    return keys


judge("one key", attack(lambda *_: ["one"], 50, 1.0), 50, 1.0)
judge("one key, several calls at once", attack(lambda index, _: ["lot"] * (1 + index % 5), 50, 1.0), 50, 1.0)
judge("eight keys", attack(lambda index, _: [f"key {index % 8}"], 20, 0.7), 20, 0.7)
judge("several keys at once", attack(some("some", 12), 90, 0.7), 90, 0.7)
# more than an array holds: the log goes over pages
judge("pages", attack(lambda index, _: ["paged"] * (1 + index % 3), 700, 1.5), 700, 1.5)


# a key that is pruned while it is asked for
def prune(index, connection):
    if index == 0:
        connection.run("select set_config('role', 'service_role', false)")
        for _ in range(400):
            connection.run("select internal.prune_rate_limits()")
        return 0
    count = 0
    for number in range(100):
        ((_, let_in, _, _),) = connection.run(
            "select * from internal.take_rate_limits(array[$1], 3, '10 ms')", f"brief {number % 3}"
        )
        count += int(let_in)
        time.sleep(0.002)
    return count


storm(16, prune, "edge_service")
with owner() as session:
    session.run("reset role")
    rows = [
        float(at) for (at,) in session.run(
            "select extract(epoch from at)::numeric from public.let_in where key = 'brief 0' order by at"
        )
    ]
    equal(
        [i for i in range(len(rows) - 3) if rows[i + 3] - rows[i] < 0.01 - 1e-6], [],
        "pruning under load lets no call too many in",
    )
    ok(len(rows) > 50, "while calls go through", len(rows))
    session.run("select pg_sleep(0.05)")
    session.run("set role streamvibe_owner")
    session.run("select internal.prune_rate_limits()")
    equal(
        session.one("select count(*) from internal.rate_limit where key like 'brief%'"), "0",
        "idle keys are dropped",
    )
done()
