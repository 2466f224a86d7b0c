#!/usr/bin/env python3
"""Many callbacks and many syncs at once, on a stack of their own: one account where one is allowed, nothing
twice, no deadlock, and a unit of quota for each sync that ran.

    creator_storms.py [NAME...]      all, or the classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import collections
import sys
import threading
import time
import unittest
import uuid

sys.dont_write_bytecode = True
import os  # noqa: E402
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canaries  # noqa: E402
import program  # noqa: E402
from creators import Product  # noqa: E402
from running_stack import Stack  # noqa: E402
from world import World  # noqa: E402


def at_once(*calls):
    """What each returns; all are let go together."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        gate.wait(30)
        try:
            answers[place] = call()
        except Exception as error:  # noqa: BLE001: whatever it is, the test says so
            answers[place] = error

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    broken = [answer for answer in answers if answer is None or isinstance(answer, Exception)]
    assert not broken, f"{len(broken)} calls have no answer: {broken[:3]}"
    return answers


def outcomes(answers):
    return collections.Counter((answer.status, answer.code) for answer in answers)


class Storm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.watch = canaries.Watch()
        cls.addClassCleanup(cls.watch.stop)
        cls.stack = Stack(**cls.watch.environment)
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.product = Product.of(cls.stack)
        cls.world = World(cls.product.sandbox)

    @classmethod
    def tearDownClass(cls):
        cls.watch.judge(cls.stack, cls.product)

    def setUp(self):
        self.deadlocks = self.count("select deadlocks from pg_stat_database where datname = current_database()")

    def tearDown(self):
        time.sleep(1)  # statistics come a little later
        self.assertEqual(self.count("select deadlocks from pg_stat_database where datname = current_database()"), self.deadlocks)

    def count(self, sql):
        return int(self.product.sql(sql)[0])

    def channels(self, platform, count, **fields):
        made = [f"storm-{uuid.uuid4().hex[:12]}" for _ in range(count)]
        for key in made:
            self.world.creator(platform, key, **fields)
        return made


class Callbacks(Storm):
    def left(self, creator):
        """(active accounts, active connections, secrets, units counted) of somebody."""
        return tuple(self.count(sql) for sql in (
            f"select count(*) from public.social_account where user_id = '{creator.user}' and deleted_at is null",
            f"select count(*) from public.platform_connection where user_id = '{creator.user}' and is_active",
            f"select count(*) from vault.secrets where name like 'user_{creator.user}_%'",
            f"select social_accounts_used from public.subscription where user_id = '{creator.user}'"))

    def test_64_channels_on_the_free_tier_leave_one_account(self):
        for platform in ("youtube", "tiktok"):
            with self.subTest(platform):
                [creator] = self.product.creators(1)
                codes = [creator.code(platform, channel) for channel in self.channels(platform, 64)]
                answers = at_once(*(lambda handed=handed: creator.finish(platform, handed) for handed in codes))
                self.assertEqual(outcomes(answers), {(200, None): 1, (403, "QUOTA_EXCEEDED"): 63})
                self.assertEqual(self.left(creator), (1, 1, 1, 1))

    def test_64_callbacks_with_one_state_link_once(self):
        [creator] = self.product.creators(1)
        handed = creator.code("youtube", self.channels("youtube", 1)[0])
        answers = at_once(*[lambda: creator.finish("youtube", handed)] * 64)
        self.assertEqual(outcomes(answers), {(200, None): 1, (400, "STATE_INVALID"): 63})
        self.assertEqual(self.left(creator), (1, 1, 1, 1))

    def test_16_callbacks_of_one_channel_leave_one_account(self):
        [creator] = self.product.creators(1)
        [channel] = self.channels("youtube", 1)
        codes = [creator.code("youtube", channel) for _ in range(16)]
        answers = at_once(*(lambda handed=handed: creator.finish("youtube", handed) for handed in codes))
        self.assertEqual(outcomes(answers), {(200, None): 16}, "the same channel again updates it")
        self.assertEqual(len({answer.json["social_account_id"] for answer in answers}), 1)
        self.assertEqual(self.left(creator), (1, 1, 1, 1))
        creator.sync("youtube").expect(200)

    def test_a_channel_that_16_want_at_once_is_one_persons(self):
        creators = self.product.creators(16)
        [channel] = self.channels("instagram", 1)
        codes = [creator.code("instagram", channel) for creator in creators]
        answers = at_once(*(lambda each=each: each[0].finish("instagram", each[1]) for each in zip(creators, codes)))
        self.assertEqual(outcomes(answers), {(200, None): 1, (409, "CONFLICT"): 15})
        self.assertEqual(sum(self.left(creator)[1] for creator in creators), 1)
        self.assertEqual(sum(self.left(creator)[3] for creator in creators), 1)


class Syncs(Storm):
    def linked(self, platform, size, tier="premium"):
        [creator] = self.product.creators(1, tier)
        [channel] = self.channels(platform, 1, size=size)
        return creator, channel, creator.link(platform, channel)

    def assert_there(self, platform, channel, account):
        # Stories are in no catalogue: they come and go with the day.
        rows = self.product.sql(
            "select platform_content_id from public.content_item as i join public.content_type as t on t.id = i.content_type_id"
            f" where i.social_account_id = '{account}' and i.deleted_at is null and t.slug <> 'story'")
        wanted = {each["id"] for each in self.world.items(platform, channel) if each["kind"] not in ("live", "upcoming") or platform != "youtube"}
        self.assertEqual(len(rows), len(set(rows)), "something is there twice")
        self.assertEqual(set(rows), wanted)

    def test_32_syncs_of_one_account(self):
        for platform in ("youtube", "instagram", "tiktok"):
            with self.subTest(platform):
                creator, channel, account = self.linked(platform, 120)
                answers = at_once(*[lambda: creator.sync(platform, account, max_results=200)] * 32)
                ran = [answer for answer in answers if answer.status == 200]
                self.assertTrue(ran)
                self.assertLessEqual({(answer.status, answer.code) for answer in answers}, {(200, None), (409, "CONFLICT")}, outcomes(answers))
                self.assertEqual(creator.used(), len(ran))
                self.assert_there(platform, channel, account)
                self.assertEqual(sum(answer.json["new_items"] for answer in ran), self.count(f"select count(*) from public.content_item where social_account_id = '{account}'"))
                self.assertEqual(self.count(f"select count(*) from public.content_revision where user_id = '{creator.user}'"), 0)

    def test_syncs_while_the_platform_changes(self):
        creator, channel, account = self.linked("youtube", 60)
        creator.sync("youtube", account, max_results=500).expect(200)
        items = [each for each in self.world.items("youtube", channel) if each["kind"] in ("video", "short")]

        def change():
            for number, each in enumerate(items[:20]):
                self.world.edit("youtube", channel, each["id"], title=f"changed {number}")
            return creator.sync("youtube", account)

        answers = at_once(change, *[lambda: creator.sync("youtube", account)] * 15)
        self.assertLessEqual({(answer.status, answer.code) for answer in answers}, {(200, None), (409, "CONFLICT")}, outcomes(answers))
        self.assertEqual(creator.used(), 1 + sum(answer.status == 200 for answer in answers))
        creator.sync("youtube", account, full=True).expect(200)
        self.assert_there("youtube", channel, account)
        wrong = self.product.sql(
            "select r.content_item_id, r.new_value, count(*) from public.content_revision r where r.field_name = 'title'"
            f" and user_id = '{creator.user}' group by 1, 2 having count(*) > 1")
        self.assertEqual(wrong, [], "a change was noted twice")

    def test_the_free_tiers_tenth_sync_is_the_last(self):
        creator, channel, account = self.linked("youtube", 5, "free")
        answers = at_once(*[lambda: creator.sync("youtube", account)] * 32)
        ran = sum(answer.status == 200 for answer in answers)
        self.assertLessEqual({(answer.status, answer.code) for answer in answers}, {(200, None), (409, "CONFLICT"), (403, "QUOTA_EXCEEDED")})
        self.assertLessEqual(ran, 10)
        self.assertEqual(creator.used(), ran)
        while creator.used() < 10:
            creator.sync("youtube", account).expect(200)
        refused = creator.sync("youtube", account)
        self.assertEqual((refused.status, refused.code), (403, "QUOTA_EXCEEDED"))
        self.assertEqual(creator.used(), 10)


if __name__ == "__main__":
    sys.exit(program.run())
