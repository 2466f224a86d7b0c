"""A key is retired while secrets are put in under it: none is left under a retired key, and whoever
comes too late is refused. A rotation waits for nobody. Admins are told of a secret once, however many
look at once."""

import threading
import time

from libpq import Connection, Refused
from storm import URL, equal, ok, owner, done, storm


def sealed(key, letter="s"):
    return f"v1.{key}.{'k' * 80}.{letter * 60}"


def put(connection, name, key):
    connection.run("select vault.put_sealed(gen_random_uuid(), $1, $2)", name, sealed(key))


def waits(work):
    """Starts the work in a thread, and says whether it is still at it after a while."""
    outcome = []

    def run():
        try:
            work()
            outcome.append("done")
        except Refused as refusal:
            outcome.append(refusal.state)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(0.5)
    return thread.is_alive(), thread, outcome


# one before the other, both ways
with owner() as first, owner() as second:
    put(first, "begin", "k0")
    put(first, "begin", "k1")
    first.run("begin")
    put(first, "slow", "k0")
    is_waiting, thread, outcome = waits(lambda: second.run("select vault.retire_key('k0')"))
    first.run("commit")
    thread.join()
    equal((is_waiting, outcome), (True, ["55000"]), "a key is not retired under one who puts a secret in")

    first.run("update vault.secrets set secret = $1 where key_id = 'k0'", sealed("k1"))
    first.run("begin")
    first.run("select vault.retire_key('k0')")
    is_waiting, thread, outcome = waits(lambda: put(second, "late", "k0"))
    first.run("commit")
    thread.join()
    equal((is_waiting, outcome), (True, ["55000"]), "who comes while it is retired waits, and is refused")


    first.run("insert into vault.master_key (id) values ('k2')")
    first.run("begin")
    first.run("select vault.use_key('k2')")
    is_waiting, thread, outcome = waits(lambda: second.run("select vault.retire_key('k2')"))
    first.run("commit")
    thread.join()
    equal((is_waiting, outcome), (True, ["done"]), "nor under one who is about to")


# all at once
def work(index, connection):
    connection.run("set role streamvibe_owner")
    refused = 0
    for number in range(40):
        key = f"r{number}"
        try:
            if index == 0:
                connection.run("select vault.retire_key($1)", key)
            else:
                put(connection, f"{index}", key)
        except Refused as refusal:
            assert refusal.state in ("55000", "P0002"), refusal
            refused += 1
    return refused


refused = storm(16, work, login=None)
ok(sum(refused) > 0, "some come too late", refused)
with owner() as session:
    left = session.one(
        "select count(*) from vault.secrets as s join vault.master_key as k on s.key_id = k.id where k.retired_at is not null"
    )
    equal(left, "0", "no secret is under a retired key")

# a rotation passes over what is locked
with owner() as first, owner() as second:
    ids = [row[0] for row in first.run("select id from vault.secrets order by id")]
    known = first.run("select secret from vault.secrets order by id")
    first.run("begin")
    first.run("select from vault.secrets where id = $1 for update", ids[0])
    second.run("set lock_timeout = '2s'")
    began = time.monotonic()
    try:
        rotated = second.one(
            "select vault.rotate($1, $2, array_fill($3::text, array[cardinality($1::uuid[])]))",
            "{" + ",".join(ids) + "}", "{" + ",".join(row[0] for row in known) + "}", sealed("new"),
        )
    except Refused as refusal:
        rotated = refusal.state
    first.run("rollback")
    equal(rotated, str(len(ids) - 1), "a rotation passes over what somebody has locked")
    ok(time.monotonic() - began < 1, "at once")

# told once
with owner() as session:
    session.run("update vault.secrets set set_at = now() - interval '100 days'")


def tell(_, connection):
    connection.run("set role service_role")
    return int(connection.one("select internal.tell_of_old_secrets()"))


told = storm(8, tell, login=None)
equal(sum(told), len(ids), "each secret is told of once, however many look at once")
with owner() as session:
    counts = session.one("select sum((metadata ->> 'count')::integer) from public.notification where title = 'Old secrets'")
    equal(counts, str(len(ids)), "in one message to the one admin, or in several")
done()
