#!/usr/bin/env python3
"""Two people and an anonymous caller, each with supabase-py, unmodified, try the first one's profile, settings,
roles, subscription, notifications, quotas and log: through every verb, every embed along a foreign key, and
every function that REST offers.

    Tests/clients/person_strangers.py [NAME...]      all, or the classes or tests of these names

What is tried comes from the database's catalog, so that a new table is tried too. No answer may hold a word
or an id of the first person's, and her rows may not change. Finds the stack as creator_client.py does. The
last line is "N passed, N failed".
"""

import json
import os
import sys
import unittest
import uuid

from postgrest.exceptions import APIError
from postgrest.types import CountMethod
from supabase import create_client

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
import program  # noqa: E402
from auth_client import address, code_in, mail  # noqa: E402
from creator_strangers import EMBEDS, FUNCTIONS, PRODUCT, TABLES  # noqa: E402

PASSWORD = "correct horse battery"
# Each holds rows of a person, found by this column, with what a stranger would write there.
OWN = {
    "users": ("id", {"bio": "mine"}), "user_setting": ("user_id", {"sync_frequency_hours": 1}), "user_role": ("user_id", {"role": "admin"}),
    "subscription": ("user_id", {"syncs_used": 0}), "notification": ("user_id", {"is_read": True}),
    "quota_usage_history": ("user_id", {"quota_type": "sync"}), "audit_log": ("user_id", {"action": "nothing"})}
# Of these not even the question is allowed to whoever is not signed in; the others of OWN neither.
HIDDEN = {"audit_log"}


def person():
    """A client that is signed in as somebody new, and who that is."""
    client, email = create_client(PRODUCT.base, PRODUCT.anon), address()
    client.auth.sign_up({"email": email, "password": PASSWORD})
    client.auth.verify_otp({"email": email, "token": code_in(mail(email)), "type": "signup"})
    return client, client.auth.sign_in_with_password({"email": email, "password": PASSWORD}).user.id


class Strangers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.word = f"zyx{uuid.uuid4().hex[:10]}"
        (cls.ada, cls.her), (bob, cls.him) = person(), person()
        cls.callers = {"bob": bob, "nobody": create_client(PRODUCT.base, PRODUCT.anon)}
        cls.ada.functions.invoke("auth-profile-setup", {"body": {
            "display_name": f"Ada {cls.word}", "bio": f"{cls.word} writes", "avatar_url": f"https://a.example/{cls.word}.png"}})
        service = create_client(PRODUCT.base, PRODUCT.service)
        service.rpc("increment_quota", {"p_user_id": cls.her, "p_quota_type": "sync", "p_amount": 3}).execute()
        PRODUCT.sql(
            f"insert into public.user_role (user_id, role) values ('{cls.her}', 'moderator') on conflict do nothing;"
            f"insert into public.notification (user_id, type, title, message) values ('{cls.her}', 'info', '{cls.word}', '{cls.word} again');"
            f"update public.subscription set stripe_customer_id = 'cus_{cls.word}' where user_id = '{cls.her}';"
            f"insert into public.audit_log (user_id, action, entity_type, new_values) values ('{cls.her}', 'x', 'test', '{{\"w\": \"{cls.word}\"}}')")
        ids = PRODUCT.sql(" union all ".join(
            f"select id::text from public.{table} where user_id = '{cls.her}'" for table in ("subscription", "notification", "audit_log", "quota_usage_history")))
        # What may be in no answer to anybody else.
        cls.private = [cls.word, cls.her, *ids]
        cls.before = cls.hers()

    @classmethod
    def hers(cls):
        """All of her rows."""
        return PRODUCT.sql(" union all ".join(
            f"select '{table}', to_jsonb(t)::text from public.{table} as t where t.{column} = '{cls.her}'" for table, (column, _) in OWN.items()) + " order by 1, 2")

    def tearDown(self):
        self.assertEqual(self.hers(), self.before, "her rows changed")

    def ask(self, who, what, query, asked=()):
        """(rows, count, the code of a refusal) of what a caller's query builder gives; nothing private is in it but
        what was `asked` with."""
        try:
            answer = query(self.callers[who]).execute()
            rows, count, code = answer.data, answer.count, None
        except APIError as error:
            rows, count, code = error.json(), None, error.code
            self.assertNotIn(code, ("XX000", "PGRSTX00", "PGRST001", "500"), f"{who} {what}: {rows}")
        said = json.dumps(rows)
        for each in self.private:
            if each not in asked:
                self.assertNotIn(each, said, f"{who}: {what}")
        return ([] if code else rows), count, code

    def test_there_is_something_to_be_had(self):
        there = {line.split("|")[0] for line in self.before}
        self.assertEqual(there, set(OWN), "she has rows in each")
        mine = json.dumps([self.ada.table(table).select("*").execute().data for table in OWN if table not in HIDDEN])
        self.assertGreater(mine.count(self.word), 4)
        self.assertGreater(mine.count(self.her), 4)

    def test_every_table_is_either_somebodys_or_everybodys(self):
        """A new table with a person's rows belongs into OWN, here or among the creators'."""
        from creator_strangers import OWN as CREATORS
        owned = PRODUCT.sql(
            "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'user_id' order by 1")
        self.assertEqual(set(owned) - set(OWN) - set(CREATORS), set())

    def test_reading(self):
        for who in self.callers:
            for table in PRODUCT.sql(TABLES):
                self.ask(who, table, lambda c, t=table: c.table(t).select("*"))
            for table, (column, _) in OWN.items():
                for query in (
                    lambda c, t=table, k=column: c.table(t).select("*", count=CountMethod.exact).eq(k, self.her),
                    lambda c, t=table, k=column: c.table(t).select("*", count=CountMethod.exact, head=True).eq(k, self.her),
                    lambda c, t=table, k=column: c.table(t).select("*", count=CountMethod.exact).in_(k, [self.her]),
                    lambda c, t=table, k=column: c.table(t).select("*", count=CountMethod.exact).or_(f"{k}.eq.{self.her},and({k}.not.is.null,{k}.neq.{self.him})"),
                ):
                    rows, count, code = self.ask(who, table, query, asked=(self.her,))
                    self.assertEqual(rows, [], f"{who} {table}")
                    self.assertTrue(code == "42501" if who == "nobody" else count == 0 or code == "42501", f"{who} {table} {count} {code}")
                self.ask(who, table, lambda c, t=table: c.table(t).select("*").csv())
            for query in (
                lambda c: c.table("users").select("id").ilike("bio", f"%{self.word}%"), lambda c: c.table("users").select("id").eq("profile_slug", f"ada-{self.word}"),
                lambda c: c.table("notification").select("id").like("title", f"{self.word}%"),
                lambda c: c.table("users").select("id").neq("id", self.him).order("bio").limit(1),
            ):
                self.assertEqual(self.ask(who, "searching", query)[0], [])

    def test_every_embed(self):
        embeds = PRODUCT.sql(EMBEDS)
        self.assertGreater(len(embeds), 30)
        for who in self.callers:
            for outer, inner in (each.split(" ") for each in embeds):
                for columns in (f"*, x:{inner}(*)", f"*, ...{inner}(*)", f"*, x:{inner}!inner(*)" if "!" not in inner else f"x:{inner}(*)"):
                    self.ask(who, f"{outer} {columns}", lambda c, o=outer, s=columns: c.table(o).select(s))

    def test_changing(self):
        for who in self.callers:
            for table, (column, row) in OWN.items():
                for query in (
                    lambda c, t=table, k=column, r=row: c.table(t).update(r).eq(k, self.her),
                    lambda c, t=table, k=column, r=row: c.table(t).update(r).neq(k, self.him),
                    lambda c, t=table, k=column, r=row: c.table(t).update({k: self.him}).eq(k, self.her),
                    lambda c, t=table, k=column: c.table(t).delete().eq(k, self.her),
                    lambda c, t=table, k=column: c.table(t).delete().neq(k, self.him),
                ):
                    rows, _, code = self.ask(who, table, query, asked=(self.her,))
                    self.assertEqual(rows, [], f"{who} {table} {code}")

    def test_putting_something_in_her_place(self):
        rows = {
            **{table: {column: self.her, **row} for table, (column, row) in OWN.items()},
            "notification": {"user_id": self.her, "type": "info", "title": "x", "message": "x"},
            "audit_log": {"user_id": self.her, "action": "x", "entity_type": "x"}}
        for who in self.callers:
            for table, row in rows.items():
                for query in (
                    lambda c, t=table, r=row: c.table(t).insert(r), lambda c, t=table, r=row: c.table(t).insert([r, r]), lambda c, t=table, r=row: c.table(t).upsert(r),
                    lambda c, t=table, r=row: c.table(t).upsert(r, ignore_duplicates=True),
                ):
                    rows_, _, code = self.ask(who, table, query, asked=(self.her,))
                    self.assertTrue(code or rows_ == [], f"{who} {table} {rows_}")

    def test_every_function(self):
        values = {"uuid": self.her, "text": "sync", "integer": 1, "bigint": 1, "boolean": True, "jsonb": {}, "app_role_enum": "moderator", "interval": "1 hour", "text[]": ["a"]}
        called = refused = 0
        for line in PRODUCT.sql(FUNCTIONS):
            name, _, rest = line.partition(" ")
            names, end = json.JSONDecoder().raw_decode(rest)
            types = json.loads(rest[end:].strip())
            body = {argument: values.get(kind.replace("public.", ""), "x") for argument, kind in zip(names, types)}
            for who in self.callers:
                for get in (False, True):
                    _, _, code = self.ask(who, name, lambda c, n=name, b=body, g=get: c.rpc(n, b, get=g), asked=(self.her,))
                    called += 1
                    if "uuid" in types:
                        refused += 1
                        self.assertIsNotNone(code, f"{who} {name} {body}")
        self.assertGreater(called, 20)
        self.assertGreater(refused, 8)


if __name__ == "__main__":
    sys.exit(program.run())
