"""What the storms share: many clients that begin at the same moment, accounts, and TAP."""

import os
import sys
import threading
import uuid

from libpq import Connection

URL = os.environ["DATABASE_URL"]

_count = 0
_failed = 0


def ok(passed, claim, *details):
    """One line of TAP."""
    global _count, _failed
    _count += 1
    _failed += not passed
    print(f"{'ok' if passed else 'not ok'} {_count} - {claim}", flush=True)
    if not passed:
        for detail in details:
            print(f"# {detail}"[:400], flush=True)


def equal(found, wanted, claim):
    ok(found == wanted, claim, f"found {found!r}", f"wanted {wanted!r}")


def done():
    """Ends the file: says how many tests there were, fails when one did."""
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)


def accounts(number):
    """Signs up so many new users; their ids."""
    ids = [str(uuid.uuid4()) for _ in range(number)]
    with Connection(URL, "auth_admin") as admin:
        for user_id in ids:
            admin.run(
                "insert into auth.users (id, email) values ($1, $2)",
                user_id, f"{user_id}@example.com",
            )
    return ids


def owner():
    """A session of the tables' owner."""
    session = Connection(URL)
    session.run("set role streamvibe_owner")
    return session


def storm(clients, work, login="edge"):
    """Runs `work(index, connection)` in so many sessions that begin together; what each returned,
    in order. What one raises ends the test."""
    results = [None] * clients
    problems = []
    gate = threading.Barrier(clients)

    def client(index):
        try:
            with Connection(URL, login) as connection:
                gate.wait(60)
                results[index] = work(index, connection)
        except Exception as problem:  # told below, by the thread that can end the test
            gate.abort()
            problems.append(problem)

    threads = [threading.Thread(target=client, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        ok(False, f"{clients} clients end without an error", *map(repr, problems[:5]))
        done()
    return results
