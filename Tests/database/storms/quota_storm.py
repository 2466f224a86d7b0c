"""Quota arithmetic under 64 clients: no unit too many, none lost, each change in the history."""

import random
import sys

from libpq import Refused
from storm import accounts, equal, ok, owner, done, storm

seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**32)
print(f"# seed {seed}", flush=True)

users = accounts(4)


def sign(operation):
    return 1 if operation in ("increment", "reserve") else -1


def history_agrees(session, user_id, quota_type):
    """Whether the history, in the order of its values, leads from 0 to what is used."""
    rows = session.run(
        "select operation, amount, current_value, max_value from public.quota_usage_history"
        " where user_id = $1 and quota_type = $2",
        user_id, quota_type,
    )
    total = sum(sign(operation) * int(amount) for operation, amount, _, _ in rows)
    within = all(0 <= int(value) <= int(limit) for _, _, value, limit in rows)
    return total, within


# 64 clients × 40 single units against 500 (premium's): exactly 500 go through
with owner() as session:
    session.run(
        "update public.subscription set tier_id ="
        " (select id from public.subscription_tier where slug = 'premium')"
    )


def fill(_, connection):
    connection.run("select set_config('role', 'service_role', false)")
    added = 0
    for _ in range(40):
        try:
            connection.run("select public.increment_quota($1, 'sync')", users[0])
            added += 1
        except Refused as refusal:
            assert refusal.state == "PT403", refusal
    return added


added = storm(64, fill, "edge_service")
with owner() as session:
    equal(sum(added), 500, "of 2560 single units asked for by 64 clients, 500 are given")
    equal(
        session.one("select syncs_used from public.subscription where user_id = $1", users[0]),
        "500", "and 500 are counted",
    )
    equal(history_agrees(session, users[0], "sync"), (500, True), "and the history tells of each")


# amounts up and down, by chance, on three users at once
def mix(index, connection):
    chance = random.Random(seed + index)
    connection.run("select set_config('role', 'service_role', false)")
    moved = dict.fromkeys(users[1:], 0)
    for _ in range(60):
        user_id = chance.choice(users[1:])
        amount = chance.randint(1, 9)
        try:
            if chance.random() < 0.6:
                connection.run(
                    "select public.increment_quota($1, 'ai_analysis', $2::int)", user_id, amount
                )
                moved[user_id] += 1
            else:
                connection.run(
                    "select public.decrement_quota($1, 'ai_analysis', $2::int, 'storm')",
                    user_id, amount,
                )
        except Refused as refusal:
            assert refusal.state == "PT403", refusal
    return moved


moved = storm(64, mix, "edge_service")
with owner() as session:
    for user_id in users[1:]:
        used = int(session.one(
            "select ai_analyses_used from public.subscription where user_id = $1", user_id
        ))
        equal(
            history_agrees(session, user_id, "ai_analysis"), (used, True),
            "amounts by chance: the history adds up to what is used, within the limit",
        )
        equal(
            session.one(
                "select count(*) from public.quota_usage_history"
                " where user_id = $1 and operation = 'increment'", user_id
            ),
            str(sum(one[user_id] for one in moved)),
            "and holds each addition that was acknowledged, and no other",
        )
    duplicates = session.one(
        "select count(*) from (select from public.quota_usage_history"
        " where user_id = $1 group by current_value having count(*) > 1) as twice", users[0]
    )
    equal(duplicates, "0", "no two of 500 additions found the counter at the same value")

# the same with the month ending in the midst of it
with owner() as session:
    session.run(
        "update public.subscription set syncs_used = 77, cycle_start_date = now() - interval '2 days',"
        " cycle_end_date = now() - interval '1 day' where user_id = $1", users[1]
    )


def turn(index, connection):
    connection.run("select set_config('role', 'service_role', false)")
    if index % 4 == 0:
        connection.run("select internal.reset_quotas()")
        return 0
    connection.run("select public.increment_quota($1, 'sync')", users[1])
    return 1


turned = storm(64, turn, "edge_service")
with owner() as session:
    equal(
        session.one("select syncs_used from public.subscription where user_id = $1", users[1]),
        str(sum(turned)), "a month that ends under 64 clients begins the next at zero, once",
    )
    equal(
        session.run(
            "select amount from public.quota_usage_history where user_id = $1"
            " and operation = 'reset' and quota_type = 'sync'", users[1]
        ),
        [("77",)], "and the history holds the one reset",
    )
done()
