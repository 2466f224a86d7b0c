"""Reserved units under 64 clients that finish, fail, are killed or come late, with the sweep running
beside them: each unit is spent once or goes back once."""

import random
import sys
import time

from libpq import Connection, Refused
from storm import URL, accounts, equal, ok, owner, done, storm

seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**32)
print(f"# seed {seed}", flush=True)

users = accounts(3)
with owner() as session:
    session.run(
        "update public.subscription set tier_id ="
        " (select id from public.subscription_tier where slug = 'premium')"
    )


def work(index, connection):
    chance = random.Random(seed + index)
    if index < 4:
        connection.run("select set_config('role', 'service_role', false)")
        for _ in range(60):
            connection.run("select internal.release_expired_reservations()")
            time.sleep(0.05)
        return {}
    ends = {}
    for _ in range(25):
        user_id = chance.choice(users)
        lease = chance.choice(["20 ms", "150 ms", "5 s"])
        try:
            ((reservation,),) = connection.as_user(
                user_id, "select internal.reserve_quota('ai_analysis', $1::interval)", lease
            )
        except Refused as refusal:
            assert refusal.state == "PT403", refusal
            continue
        time.sleep(chance.choice([0, 0, 0.03, 0.2]))
        end = chance.choice(["settle", "settle", "release", "both", "killed"])
        settled = released = 0
        if end == "killed":
            # the answer of a transaction that never commits is worth nothing
            connection.run("begin")
            connection.run(
                "select set_config('role', 'edge_user', true),"
                " set_config('request.jwt.claims', $1, true)",
                f'{{"sub": "{user_id}", "role": "authenticated"}}',
            )
            try:
                connection.run("select internal.settle_quota($1)", reservation)
            except Refused:
                pass
            connection.run("rollback")
        for step in {"both": ["settle", "release", "release"], "killed": []}.get(end, [end]):
            try:
                if step == "settle":
                    connection.as_user(user_id, "select internal.settle_quota($1)", reservation)
                    settled += 1
                else:
                    ((gone,),) = connection.as_user(
                        user_id, "select internal.release_quota($1, 'failed')", reservation
                    )
                    released += gone == "t"
            except Refused as refusal:
                assert refusal.state == "PT409", refusal
        ends[reservation] = (user_id, settled, released)
    return ends


ends = {}
for one in storm(64, work, "edge_service"):
    ends.update(one)
time.sleep(5.2)
with Connection(URL, "edge_service") as connection:
    connection.run("select set_config('role', 'service_role', false)")
    connection.run("select internal.release_expired_reservations()")

with owner() as session:
    history = dict.fromkeys(ends, 0)
    for reservation, times in session.run(
        "select related_entity_id, count(*) from public.quota_usage_history"
        " where operation = 'release' group by 1"
    ):
        history[reservation] = int(times)
    equal(session.one("select count(*) from internal.quota_reservation"), "0", "no reservation is left")
    ok(len(ends) > 600, "the storm reserved many units", f"{len(ends)}")
    equal(
        [r for r, (_, settled, released) in ends.items() if settled + history[r] != 1],
        [], f"each of {len(ends)} reservations was spent once or went back once, never both",
    )
    equal(
        [r for r, (_, _, released) in ends.items() if released > history[r]],
        [], "no release was acknowledged that did not happen",
    )
    for user_id in users:
        equal(
            session.one(
                "select ai_analyses_used from public.subscription where user_id = $1", user_id
            ),
            str(sum(settled for owner_id, settled, _ in ends.values() if owner_id == user_id)),
            "what is used is what was settled",
        )


# 64 clients that release and settle one and the same unit
def tug(index, connection):
    try:
        if index % 2:
            connection.as_user(users[0], "select internal.settle_quota($1)", reservation)
            return "settled"
        ((gone,),) = connection.as_user(
            users[0], "select internal.release_quota($1, 'tug')", reservation
        )
        return "released" if gone == "t" else None
    except Refused as refusal:
        assert refusal.state == "PT409", refusal
        return None


for attempt in range(5):
    with owner() as session, Connection(URL, "edge") as connection:
        before = int(session.one(
            "select ai_analyses_used from public.subscription where user_id = $1", users[0]
        ))
        ((reservation,),) = connection.as_user(
            users[0], "select internal.reserve_quota('ai_analysis', '1 min')"
        )
        winners = [end for end in storm(64, tug) if end]
        after = int(session.one(
            "select ai_analyses_used from public.subscription where user_id = $1", users[0]
        ))
        ok(
            len(winners) == 1 and after - before == (winners[0] == "settled"),
            "of 64 clients that end one reservation, one does", f"{winners} {before} {after}",
        )
done()
