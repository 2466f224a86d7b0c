"""32 syncs of one account at once, each with a unit of the quota: one runs, the others are told and
give their unit back; no item is stored twice, nobody waits for another for ever. Then syncs that are
killed on their way, with owners who edit beside them."""

import json
import random
import sys
import time

from libpq import Connection, Refused
from storm import URL, accounts, done, equal, ok, owner, storm

seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**32)
print(f"# seed {seed}", flush=True)

users = accounts(3)
linked = {}
with owner() as session:
    session.run(
        "update public.subscription set tier_id ="
        " (select id from public.subscription_tier where slug = 'premium')"
    )
    for user in users:
        session.run(
            "insert into public.platform_connection (user_id, platform_id, vault_secret_name,"
            " platform_user_id) select $1::text::uuid, id, 'secret ' || $1::text, 'UC' || $1::text from public.platform"
            " where slug = 'youtube'", user,
        )
        linked[user] = session.one(
            "insert into public.social_account (user_id, connection_id, platform_id, status_id,"
            " account_name) select c.user_id, c.id, c.platform_id, s.id, 'Channel'"
            " from public.platform_connection as c, public.account_status as s"
            " where s.slug = 'active' and c.user_id = $1 returning id", user,
        )


def page(user, start, views):
    return json.dumps([
        {
            "id": f"{user[:8]}-{number}", "type": "short_video", "title": f"Title {number}",
            "description": f"Words {views % 3}", "views": views, "tags": ["a"], "hashtags": [],
            "published_at": "2026-01-01T00:00:00Z", "visibility": "public",
        }
        for number in range(start, start + 50)
    ])


def sync(connection, user, lease, views, stop=None):
    """As a function does it; `stop` dies after so many steps. What came of it."""
    ((unit,),) = connection.as_user(user, "select internal.reserve_quota('sync', '10 s')")
    steps = 0

    def step(statement, *values):
        nonlocal steps
        steps += 1
        if steps == stop:
            raise InterruptedError
        return connection.as_user(user, statement, *values)

    def written(statement, *values):
        """As a function does what may wait for an owner who edits: once more."""
        try:
            return step(statement, *values)
        except Refused as refusal:
            if refusal.state not in ("40P01", "40001"):
                raise
            return connection.as_user(user, statement, *values)

    try:
        ((run,),) = step(
            "select run_id from internal.begin_sync($1, 'youtube', true, $2, $3::interval)",
            linked[user], unit, lease,
        )
        for start in range(0, 200, 50):
            written("select from internal.store_content($1, $2)", run, page(user, start, views))
        # the unit is spent in the transaction that ends the run
        written(
            "with spent as materialized (select internal.settle_quota($1)) select from spent,"
            " lateral internal.finish_sync($2, true, '{}', 'UU', 200, 200, 0, 0, 0)", unit, run,
        )
        return "ran"
    except InterruptedError:
        return "killed"
    except Refused as refusal:
        connection.as_user(user, "select internal.release_quota($1, 'refused')", unit)
        assert refusal.state == "PT409", refusal
        return "refused"


first = users[0]
ends = storm(32, lambda index, connection: sync(connection, first, "1 min", index))
ran = ends.count("ran")
ok(ran >= 1 and ran + ends.count("refused") == 32, "of 32 at once some run and the others are told", f"{ends}")
with owner() as session:
    equal(
        session.run(
            "select count(*), count(distinct platform_content_id) from public.content_item"
        ), [("200", "200")], "no item is stored twice",
    )
    equal(
        session.one("select syncs_used from public.subscription where user_id = $1", first),
        str(ran), "each that ran has spent one unit, and nobody else any",
    )
    overlapping = session.one(
        "select count(*) from internal.sync_run as a inner join internal.sync_run as b"
        " on a.social_account_id = b.social_account_id and a.id < b.id"
        " where a.started_at < b.ended_at and b.started_at < a.ended_at"
    )
    equal(overlapping, "0", "no two ran at once")


def work(index, connection):
    chance = random.Random(seed + index)
    counts = {"ran": 0, "refused": 0, "killed": 0, "edited": 0}
    if index < 3:
        # an owner who edits all there is, while it is synced
        for _ in range(40):
            try:
                counts["edited"] += len(connection.as_user(
                    users[index],
                    "update public.content_item set title = 'Mine ' || $1"
                    " where platform_content_id like '%7' returning id", str(chance.random()),
                ))
            except Refused as refusal:
                assert refusal.state == "40P01", refusal
            time.sleep(0.02)
        return counts
    if index < 5:
        connection.run("select set_config('role', 'service_role', false)")
        for _ in range(40):
            connection.run("select internal.end_abandoned_syncs()")
            connection.run("select internal.release_expired_reservations()")
            time.sleep(0.03)
        return counts
    end_of_time = time.monotonic() + 12
    while counts["ran"] + counts["killed"] < 6 and time.monotonic() < end_of_time:
        stop = chance.choice([None, None, None, 1, 2, 3, 4, 5, 6])
        end = sync(connection, chance.choice(users), "300 ms", chance.randrange(1000), stop)
        counts[end] += 1
        if end == "refused":
            time.sleep(chance.random() / 4)
    return counts


totals = {}
for counts in storm(32, work, "edge_service"):
    for name, count in counts.items():
        totals[name] = totals.get(name, 0) + count
print(f"# {totals}", flush=True)
ok(totals["ran"] > 5 and totals["killed"] > 20, "many ran and many were killed", f"{totals}")
time.sleep(10)
with Connection(URL, "edge_service") as connection:
    connection.run("select set_config('role', 'service_role', false)")
    connection.run("select internal.end_abandoned_syncs()")
    connection.run("select internal.release_expired_reservations()")
with Connection(URL, "edge") as connection:
    for user in users:
        equal(sync(connection, user, "1 min", 7), "ran", "the next sync completes what was left")
with owner() as session:
    equal(session.one("select count(*) from internal.quota_reservation"), "0", "no unit is in flight")
    equal(
        session.one(
            "select coalesce(sum(s.syncs_used), 0) - (select count(*) from internal.sync_run"
            " where outcome = 'completed') from public.subscription as s"
        ), "0", "what is spent is what ran to its end",
    )
    equal(
        session.run(
            "select count(*), count(distinct platform_content_id),"
            " count(*) filter (where views_count <> 7 or deleted_at is not null)"
            " from public.content_item"
        ), [("600", "600", "0")], "every item is there once, as the platform has it",
    )
    edited = (
        " from public.content_item as c where exists (select from public.content_revision as r"
        " where r.content_item_id = c.id and r.field_name = 'title' and r.change_source = 'user')"
    )
    ok(int(session.one(f"select count(*) {edited}")) > 0, "owners edited some")
    equal(
        session.one(f"select count(*) {edited} and title not like 'Mine %'"), "0",
        "and what its owner edited is as it was edited",
    )
done()
