"""What a sync costs when only counters have changed, or nothing: updates that stay on their page and
touch no index, and next to no WAL."""

import json
import random
import time

from libpq import Connection
from storm import URL, accounts, done, ok, owner

WORDS = [f"word{number}" for number in range(4000)]
chance = random.Random(5)
(user,) = accounts(1)
with owner() as session:
    session.run(
        "insert into public.platform_connection (user_id, platform_id, vault_secret_name,"
        " platform_user_id) select $1, id, 'secret', 'UC1' from public.platform"
        " where slug = 'youtube'", user,
    )
    account = session.one(
        "insert into public.social_account (user_id, connection_id, platform_id, status_id,"
        " account_name) select c.user_id, c.id, c.platform_id, s.id, 'Channel'"
        " from public.platform_connection as c, public.account_status as s"
        " where s.slug = 'active' returning id"
    )


def words(count):
    return " ".join(chance.choice(WORDS) for _ in range(count))


def item(number):
    """With a description of 50 to 2,500 bytes: many rows are larger than a quarter of a page."""
    return {
        "id": f"v{number:05}", "type": "long_video", "url": f"https://video.example/{number}",
        "title": words(8), "description": words(chance.choice([6, 40, 90, 300])),
        "thumbnail_url": f"https://thumbs.example/{number}/maxresdefault.jpg",
        "views": number, "likes": number, "comments": 0, "tags": words(8).split(),
        "hashtags": words(2).split(), "published_at": "2026-01-01T00:00:00Z",
        "visibility": "public",
    }


items = [item(number) for number in range(2000)]


def sync(connection):
    """The whole channel, a page at a time, each in a transaction of its own: how many items were
    new and how many updated, and the bytes of WAL that the pages cost."""
    ((run,),) = connection.as_user(
        user, "select run_id from internal.begin_sync($1, 'youtube', true, null, '1 min')", account
    )
    counts = [0, 0]
    spent = 0
    for start in range(0, len(items), 50):
        ((plan,),) = connection.as_user(
            user, "explain (analyze, wal, costs off, timing off, format json)"
            " select new_items, updated_items, set_config('test.new', new_items::text, false),"
            " set_config('test.updated', updated_items::text, false)"
            f" from internal.store_content('{run}', $page${json.dumps(items[start:start + 50])}$page$)",
        )
        spent += json.loads(plan)[0]["Plan"]["WAL Bytes"]
        for place, name in enumerate(["new", "updated"]):
            counts[place] += int(connection.one(f"select current_setting('test.{name}')"))
    connection.as_user(
        user, "select from internal.finish_sync($1, true, '{}', null, 0, 0, 0, 0, 0)", run
    )
    connection.run("select pg_stat_force_next_flush()")
    return counts, spent


def settle(session):
    """Waits until no transaction of the whole cluster is as old as what was written so far: while
    there is one, no page can be cleared of old versions."""
    now = session.one("select pg_snapshot_xmax(pg_current_snapshot())")
    for _ in range(600):
        if session.one(
            "select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8", now
        ) == "t":
            return
        time.sleep(0.1)


def statistics(session):
    session.run("select pg_stat_clear_snapshot()")
    ((updates, hot),) = session.run(
        "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'content_item'"
    )
    return int(updates), int(hot)


with Connection(URL, "edge") as connection, Connection(URL) as session:
    ok(sync(connection)[0] == [2000, 0], "a channel of 2,000 items is stored")
    updates, hot = statistics(session)
    for _ in range(5):
        for one in items:
            one["views"] += chance.randrange(1, 100)
            one["likes"] += chance.randrange(2)
        settle(session)
        ok(sync(connection)[0] == [0, 2000], "every counter has changed")
    later = statistics(session)
    updates, hot = later[0] - updates, later[1] - hot
    ok(updates == 10_000, "each change is one update", f"{updates}")
    ok(
        hot >= 0.9 * updates, "at least 90 % of them touch no index",
        f"{hot} of {updates}",
    )
    print(f"# {hot} of {updates} updates were HOT", flush=True)
    counts, spent = sync(connection)
    ok(counts == [0, 0], "nothing has changed")
    ok(
        statistics(session)[0] == later[0] and spent < 2000 * 20,
        "a sync that finds nothing new writes no item, and less than 20 bytes of WAL for each",
        f"{spent} bytes",
    )
    print(f"# {spent} bytes of WAL for 2,000 unchanged items", flush=True)
done()
