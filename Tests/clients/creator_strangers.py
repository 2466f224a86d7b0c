#!/usr/bin/env python3
"""Two creators and an anonymous caller try each other's connections, accounts, content, revisions and
secrets: through every verb, every embed along a foreign key, and every function that REST offers.

    Tests/clients/creator_strangers.py [NAME...]      all, or the classes or tests of these names

What is tried comes from the database's catalog, so that a new table is tried too. No answer may hold an id, a
word or a secret's name of the first creator's, and her rows may not change. Finds the stack as
creator_client.py does. The last line is "N passed, N failed".
"""

import json
import os
import sys
import unittest
import urllib.parse
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
import program  # noqa: E402
from creators import Product  # noqa: E402
from world import World  # noqa: E402

PRODUCT = Product(
    os.environ["SUPABASE_URL"], os.environ["ANON_KEY"], os.environ["SERVICE_ROLE_KEY"], os.environ["DATABASE_URL"],
    os.environ["JWT_SIGNING_KEY"], os.environ["API_EXTERNAL_URL"] + "/auth/v1", os.environ["SANDBOX_URL"])
WORLD = World(PRODUCT.sandbox)
# Each holds rows of a person; the test says so itself, so that none is left out by a name.
OWN = "platform_connection", "social_account", "oauth_state", "content_item", "content_revision", "content_media"
TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') order by 1"""
EMBEDS = """
select distinct a.relname || ' ' || b.relname || '!' || k.conname
from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
where k.contype = 'f' and a.relnamespace = 'public'::regnamespace and b.relnamespace = 'public'::regnamespace
union
select distinct b.relname || ' ' || a.relname || '!' || k.conname
from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
where k.contype = 'f' and a.relnamespace = 'public'::regnamespace and b.relnamespace = 'public'::regnamespace order by 1"""
FUNCTIONS = """
select p.proname || ' ' || coalesce(array_to_json(p.proargnames[1:p.pronargs])::text, '[]') || ' '
    || (select coalesce(json_agg(format_type(t, null)), '[]')::text from unnest(p.proargtypes::oid[]) as t)
from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype order by 1"""


class Strangers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        key = f"ada-{uuid.uuid4().hex[:8]}"
        cls.word = f"zyx{uuid.uuid4().hex[:10]}"
        WORLD.creator("instagram", key, name=f"Ada {cls.word}", size=4)
        WORLD.publish("instagram", key, kind="carousel", title=f"{cls.word} one", description=f"{cls.word} one", children=["image", "video"])
        item = WORLD.publish("instagram", key, title=f"{cls.word} two", description=f"{cls.word} two #{cls.word}")
        cls.ada, cls.bob = PRODUCT.creators(2)
        cls.account = cls.ada.link("instagram", key)
        cls.ada.sync("instagram", cls.account).expect(200)
        WORLD.edit("instagram", key, item["id"], title=f"{cls.word} three", description=f"{cls.word} three")
        cls.ada.sync("instagram", cls.account).expect(200)
        other = f"bob-{uuid.uuid4().hex[:8]}"
        WORLD.creator("youtube", other, size=2)
        cls.bob.sync("youtube", cls.bob.link("youtube", other)).expect(200)
        cls.ids = {
            table: PRODUCT.sql(f"select t.id from public.{table} as t " + {
                "content_media": f"join public.content_item as i on i.id = t.content_id where i.user_id = '{cls.ada.user}'",
            }.get(table, f"where t.user_id = '{cls.ada.user}'")) for table in OWN}
        cls.secret = PRODUCT.sql(f"select vault_secret_name from public.platform_connection where user_id = '{cls.ada.user}'")[0]
        # What may be in no answer to anybody else; her own id comes back in refusals that repeat what was asked.
        cls.private = [cls.word, cls.secret, *(each for ids in cls.ids.values() for each in ids)]
        cls.before = cls.hers()

    @classmethod
    def hers(cls):
        """All of her rows, and her secrets."""
        wanted = " union all ".join(
            f"select '{table}' as place, to_jsonb(t)::text as row from public.{table} as t where to_jsonb(t)::text like '%{cls.ada.user}%'"
            f" or to_jsonb(t)::text like '%{cls.word}%'" for table in PRODUCT.sql(TABLES) if table in OWN + ("subscription", "notification", "users", "user_setting"))
        return PRODUCT.sql(f"{wanted} union all select 'vault', to_jsonb(s)::text from vault.secrets as s where name like 'user_{cls.ada.user}%' order by 1, 2")

    def ask(self, who, method, path, body=None, asked=(), **headers):
        """The answer; nothing private is in it but what was `asked` with."""
        token = {"bob": self.bob.token, "anon": None, "anon key": PRODUCT.anon}[who]
        answer = PRODUCT.call(method, path, body, token, headers)
        said = answer.body.decode() + json.dumps(answer.headers)
        for each in self.private:
            if each in said and each not in path and each not in json.dumps(body) and each not in asked:
                self.fail(f"{who}: {method} {path} {body}: {each} is in {answer}")
        self.assertLess(answer.status, 500, f"{who}: {method} {path}: {answer}")
        return answer

    def tearDown(self):
        self.assertEqual(self.hers(), self.before, "her rows changed")

    def test_there_is_something_to_be_had(self):
        for table in OWN[:2] + OWN[3:]:
            self.assertTrue(self.ids[table], table)
        self.assertEqual(len([line for line in self.before if line.startswith("vault")]), 1)
        self.assertIn(self.word, self.ada.rest("content_item?select=title,content_media(id),content_revision(id)").body.decode())

    def test_reading(self):
        for who in ("bob", "anon", "anon key"):
            for table in PRODUCT.sql(TABLES):
                answer = self.ask(who, "GET", f"/rest/v1/{urllib.parse.quote(table)}")
                if table in OWN:
                    self.assertIn(answer.status, (200,) if who == "bob" and table != "oauth_state" else (401, 403), f"{who} {table} {answer}")
            for table in OWN:
                for wanted in self.ids[table] or [str(uuid.uuid4())]:
                    answer = self.ask(who, "GET", f"/rest/v1/{table}?id=eq.{wanted}&select=id", Prefer="count=exact")
                    if answer.status == 200:
                        self.assertEqual((answer.json, answer.headers["content-range"]), ([], "*/0"))
                self.ask(who, "HEAD", f"/rest/v1/{table}?user_id=eq.{self.ada.user}", Prefer="count=exact")

    def test_searching(self):
        for who in ("bob", "anon"):
            for query in (f"search_vector=fts.{self.word}", f"title=ilike.*{self.word}*", f"hashtags=cs.{{{self.word}}}", "order=published_at", "select=count", "select=title"):
                answer = self.ask(who, "GET", f"/rest/v1/content_item?{query}")
                if answer.status == 200 and self.word in query:
                    self.assertEqual(answer.json, [])

    def test_every_embed(self):
        embeds = PRODUCT.sql(EMBEDS)
        self.assertGreater(len(embeds), 30)
        for who in ("bob", "anon"):
            for outer, inner in (each.split(" ") for each in embeds):
                self.ask(who, "GET", f"/rest/v1/{outer}?select=*,x:{inner}(*)")
                self.ask(who, "GET", f"/rest/v1/{outer}?select=*,...{inner}(*)")
                self.ask(who, "GET", f"/rest/v1/{outer}?select=*,x:{inner}!inner(*)".replace("!inner", "") + f"&x.or=(user_id.eq.{self.ada.user},id.not.is.null)")

    def test_changing(self):
        for who in ("bob", "anon", "anon key"):
            for table in OWN:
                for wanted in self.ids[table] or [str(uuid.uuid4())]:
                    for body in ({"user_id": self.bob.user}, {"title": "mine"}, {"deleted_at": "2026-01-01T00:00:00Z"}, {"visibility": "public"}, {"sync_mode": "disabled"},
                                 {"is_active": False}, {"old_value": "x"}, {"media_url": "https://evil.example/"}, {"display_order": 9}):
                        answer = self.ask(who, "PATCH", f"/rest/v1/{table}?id=eq.{wanted}", body, Prefer="return=representation")
                        self.assertTrue(answer.status in (400, 401, 403, 404) or answer.json == [], f"{who} {table} {body} {answer}")
                    self.ask(who, "DELETE", f"/rest/v1/{table}?id=eq.{wanted}", Prefer="return=representation")
                self.ask(who, "PATCH", f"/rest/v1/{table}?user_id=eq.{self.ada.user}", {"visibility": "private"})

    def test_putting_something_in_her_place(self):
        ids = self.ids
        rows = {
            "platform_connection": {"id": ids["platform_connection"][0], "user_id": self.bob.user, "vault_secret_name": self.secret, "platform_user_id": "x"},
            "social_account": {"id": self.account, "user_id": self.bob.user, "connection_id": ids["platform_connection"][0], "account_name": "mine"},
            "content_item": {"id": ids["content_item"][0], "user_id": self.bob.user, "social_account_id": self.account, "title": "mine"},
            "content_revision": {"content_item_id": ids["content_item"][0], "user_id": self.bob.user, "field_name": "title"},
            "content_media": {"content_id": ids["content_item"][0], "media_url": "https://evil.example/", "media_type": "image", "display_order": 0},
            "oauth_state": {"state_hash": "\\x" + "00" * 32, "user_id": self.ada.user, "platform": "youtube"},
        }
        for who in ("bob", "anon"):
            for table, row in rows.items():
                for prefer in ("return=representation", "return=minimal,resolution=merge-duplicates", "resolution=ignore-duplicates"):
                    answer = self.ask(who, "POST", f"/rest/v1/{table}", row, Prefer=prefer)
                    self.assertIn(answer.status, (400, 401, 403, 404, 409), f"{who} {table} {answer}")
            self.ask(who, "PUT", f"/rest/v1/content_item?id=eq.{ids['content_item'][0]}", rows["content_item"])

    def test_every_function_of_rest(self):
        values = {"uuid": self.ada.user, "text": "sync", "integer": 1, "bigint": 1, "boolean": True, "jsonb": {}, "app_role_enum": "admin", "interval": "1 hour", "text[]": ["a"]}
        called = 0
        for line in PRODUCT.sql(FUNCTIONS):
            name, _, rest = line.partition(" ")
            names, end = json.JSONDecoder().raw_decode(rest)
            types = json.loads(rest[end:].strip())
            for subject in {self.ada.user, self.account, self.ids["content_item"][0]}:
                body = {argument: subject if kind == "uuid" else values.get(kind.replace("public.", ""), "x") for argument, kind in zip(names, types)}
                for who in ("bob", "anon"):
                    answer = self.ask(who, "POST", f"/rest/v1/rpc/{name}", body)
                    called += 1
                    if any(kind == "uuid" for kind in types):
                        self.assertGreaterEqual(answer.status, 400, f"{who} {name} {body} {answer}")
        self.assertGreater(called, 10)

    def test_every_function_of_ours(self):
        for who in ("bob", "anon"):
            for name, body in (("sync-instagram", {"social_account_id": self.account}), ("sync-youtube", {"social_account_id": self.account}), ("sync-tiktok", {"social_account_id": self.account}),
                               ("disconnect-account", {"social_account_id": self.account}), ("refresh-oauth-tokens", {"within_hours": 9999})):
                answer = self.ask(who, "POST", f"/functions/v1/{name}", body)
                self.assertIn((answer.status, answer.code), {(401, "UNAUTHORIZED"), (403, "FORBIDDEN"), (404, "NOT_FOUND")}, f"{who} {name} {answer}")

    def test_secrets(self):
        for who in ("bob", "anon", "anon key"):
            for profile in ("vault", "internal", "auth", "pg_catalog", "cron"):
                for table in ("secrets", "decrypted_secrets", "pending_revocation", "users", "pg_shadow", "job"):
                    for header in ("Accept-Profile", "Content-Profile"):
                        answer = self.ask(who, "GET" if header == "Accept-Profile" else "POST", f"/rest/v1/{table}", None if header == "Accept-Profile" else {}, **{header: profile})
                        self.assertEqual((answer.status, answer.json["code"]), (406, "PGRST106"), f"{who} {profile}.{table} {answer}")
            for name in ("take_sealed", "put_sealed", "forget", "create_secret", "update_secret", "configuration_secret"):
                for profile in ({}, {"Content-Profile": "vault"}, {"Content-Profile": "internal"}):
                    answer = self.ask(who, "POST", f"/rest/v1/rpc/{name}", {"p_name": self.secret}, asked=(self.secret,), **profile)
                    self.assertIn(answer.status, (404, 406), f"{who} {name} {answer}")


if __name__ == "__main__":
    sys.exit(program.run())
