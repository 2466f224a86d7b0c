#!/usr/bin/env python3
"""Tokens that come in through OAuth lie sealed in the vault and nowhere else: not in a dump, the WAL, logs,
statement statistics, metrics, arguments or error reports, whatever went well or wrong with them.

    creator_canaries.py [NAME...]      all, or the classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import json
import os
import re
import sys
import unittest
import urllib.request
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canaries  # noqa: E402
import program  # noqa: E402
from creators import PLATFORMS, Product, send, settings  # noqa: E402
from running_stack import Stack  # noqa: E402
from world import World  # noqa: E402

# Where the tokens of each platform are made and used, for what goes wrong there.
TARGETS = {"youtube": ("google", "youtube"), "instagram": ("instagram",), "tiktok": ("tiktok",)}


class Canaries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.watch = canaries.Watch()
        cls.addClassCleanup(cls.watch.stop)
        cls.stack = Stack(LOG_LEVEL="debug", **cls.watch.environment)
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.product = Product.of(cls.stack)
        cls.world = World(cls.product.sandbox)

    def channel(self, platform):
        return self.world.creator(platform, f"canary-{uuid.uuid4().hex[:10]}", size=3)

    def sealed(self):
        return int(self.product.sql("select count(*) from vault.secrets where name like 'user_%'")[0])

    def found(self):
        return self.watch.found(self.stack, self.product)

    def linked(self):
        """Somebody on each platform, with a synced account: [(platform, creator, account)]."""
        made = []
        for platform in PLATFORMS:
            [creator] = self.product.creators(1)
            made.append((platform, creator, creator.link(platform, self.channel(platform))))
            creator.sync(platform, made[-1][2]).expect(200)
        return made

    def test_1_what_goes_well_leaves_none(self):
        before = self.sealed()
        for platform, creator, account in self.linked():
            creator.sync(platform, account, full=True).expect(200)
        self.assertEqual(self.sealed(), before + len(PLATFORMS))
        self.assertEqual(self.found(), [])

    def test_2_refreshing_leaves_none(self):
        linked = self.linked()
        named = ", ".join(f"'{creator.user}'" for _, creator, _ in linked)
        sealed = f"select array_agg(secret order by name) from vault.secrets where name ~ '^user_({'|'.join(creator.user for _, creator, _ in linked)})_'"
        before = self.product.sql(sealed)
        self.world.advance(2 * 86400)  # Google's and TikTok's tokens are dead, and Instagram's may be replaced
        try:
            self.product.sql(f"""
                update public.platform_connection as c set token_issued_at = now() - interval '2 days',
                    token_expires_at = now() + case p.slug when 'instagram' then interval '12 hours' else interval '-1 minute' end
                from public.platform as p where p.id = c.platform_id and c.user_id in ({named})""")
            answer = self.product.call("POST", "/functions/v1/refresh-oauth-tokens", {"within_hours": 24}, self.product.service).expect(200)
            self.assertEqual((answer.json["refreshed"], answer.json["failed"]), (1, []), answer)
            self.assertIsNone(re.search(canaries.TOKEN, answer.body.decode()))
            for platform, creator, account in linked:
                creator.sync(platform, account).expect(200)
        finally:
            self.world.call("POST", "/admin/clock", {"reset": True})
        self.assertNotEqual(self.product.sql(sealed), before, "the tokens are new")
        self.assertEqual(self.found(), [])

    def test_3_what_goes_wrong_leaves_none(self):
        for platform, targets in TARGETS.items():
            for target in targets:
                for fault in ({"mode": "fail", "next": 6}, {"mode": "reject", "next": 6}, {"mode": "drop", "next": 6}, {"mode": "hostile", "name": "html", "next": 6},
                              {"mode": "hostile", "name": "truncated", "next": 6}, {"mode": "hostile", "name": "wrong_types", "next": 6}):
                    [creator] = self.product.creators(1)
                    handed = creator.code(platform, self.channel(platform))
                    self.product.secrets.add(handed["code"])
                    self.world.fault(target, **fault)
                    creator.finish(platform, handed)
                    self.world.mend(target)
                    account = creator.link(platform, self.channel(platform)) if not creator.rows("social_account?select=id") else creator.rows("social_account?select=id")[0]["id"]
                    self.world.fault(target, **fault)
                    creator.sync(platform, account)
                    creator.function("disconnect-account", {"social_account_id": account})
                    self.world.mend(target)
        self.assertEqual(self.found(), [])

    def test_4_strange_requests_leave_none(self):
        token = "ya29.a0" + "B" * 64
        self.product.secrets.add(token)
        [creator] = self.product.creators(1)
        for platform in PLATFORMS:
            send("GET", f"{self.product.base}/functions/v1/oauth-{platform}-callback?code={token}&state={token}")
            send("GET", f"{self.product.base}/functions/v1/oauth-{platform}-callback?error={token}&error_description={token}")
            creator.function(f"oauth-{platform}-callback", {"code": token, "state": token})
            creator.function(f"oauth-{platform}-callback", {"code": [token], "state": {token: 1}})
            creator.function(f"oauth-{platform}-callback", f'{{"code": "{token}", '.encode(), headers={"Content-Type": "application/json"})
            creator.function(f"oauth-{platform}-init", {"redirect_to": f"https://evil.example/{token}"})
            creator.function(f"sync-{platform}", {"social_account_id": token})
        self.assertEqual(self.found(), [])

    def test_5_no_error_report_was_made(self):
        self.assertEqual([json.loads(report.splitlines()[-1]) for report in self.watch.server.reports][:3], [])

    def test_6_a_search_that_finds_nothing_would_find_something(self):
        def planted(place, plant):
            token = "ya29.a0" + uuid.uuid4().hex
            plant(token)
            where = [found for found, _ in self.watch.found(self.stack, self.product, [token])]
            self.assertTrue([found for found in where if place in found], f"{place}: {where}")

        planted("dump", lambda token: self.product.sql(f"create table if not exists public.canary (text text); insert into public.canary values ('{token}')"))
        planted("pg_wal", lambda token: self.product.sql(f"create table if not exists public.canary (text text); insert into public.canary values ('{token}'); delete from public.canary"))
        planted("pg_stat_statements", lambda token: self.product.sql(f'select 1 as "{token}"'))
        planted("error reports", lambda token: urllib.request.urlopen(self.watch.environment["SENTRY_DSN"].replace("key@", ""), token.encode()).read())
        planted("log", lambda token: send("GET", f"{self.product.base}/functions/v1/{token}"))
        key = settings.effective({"PORT": str(self.stack.port)})["VAULT_KEYS"].split(",")[0].partition(":")[2]
        self.product.sql(f"insert into public.canary values ('{key}')")
        self.assertIn("dump", [place for place, _ in self.found()])
        self.product.sql("drop table public.canary")


if __name__ == "__main__":
    sys.exit(program.run())
