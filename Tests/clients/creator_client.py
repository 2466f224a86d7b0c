#!/usr/bin/env python3
"""supabase-py, unmodified, as a creator's app uses it: link an account on each platform, sync it, read
and search what arrived, sync again, disconnect.

    Tests/clients/creator_client.py [NAME...]      all, or the classes or tests of these names

Finds the stack in SUPABASE_URL, SANDBOX_URL, ANON_KEY, SERVICE_ROLE_KEY, JWT_SIGNING_KEY, API_EXTERNAL_URL and
DATABASE_URL (a superuser's). The last line is "N passed, N failed".
"""

import json
import os
import sys
import unittest
import uuid

from supabase import ClientOptions, create_client
from supabase_functions.errors import FunctionsHttpError

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
import program  # noqa: E402
from creators import PLATFORMS, Product, send  # noqa: E402
from world import World  # noqa: E402

PRODUCT = Product(
    os.environ["SUPABASE_URL"], os.environ["ANON_KEY"], os.environ["SERVICE_ROLE_KEY"], os.environ["DATABASE_URL"],
    os.environ["JWT_SIGNING_KEY"], os.environ["API_EXTERNAL_URL"] + "/auth/v1", os.environ["SANDBOX_URL"])
WORLD = World(PRODUCT.sandbox)
# What the app shows of a person's content.
COLUMNS = "id,platform_content_id,title,description,tags,hashtags,visibility,published_at,views_count,content_type(slug),platform(slug)"


class App:
    """What somebody signed in can do, through the client alone."""

    def __init__(self, creator):
        self.client = create_client(PRODUCT.base, PRODUCT.anon, ClientOptions(headers={"Authorization": f"Bearer {creator.token}"}))
        self.user = creator.user

    def invoke(self, name, **body):
        return json.loads(self.client.functions.invoke(name, {"body": body}))

    def link(self, platform, account):
        """By the redirects that a browser follows."""
        address = self.invoke(f"oauth-{platform}-init")["authorization_url"]
        back = send("GET", f"{address}&auto=approve&account={account}").expect(302, 303)
        app = send("GET", back.location).expect(302)
        assert app.location.startswith("http://127.0.0.1:3000/oauth/callback?"), app.location
        assert app.query["platform"] == platform, app.location
        return self.invoke(f"oauth-{platform}-callback", code=app.query["code"], state=app.query["state"])

    def content(self, account):
        return self.client.table("content_item").select(COLUMNS).eq("social_account_id", account).is_("deleted_at", "null").order("published_at", desc=True)


class Journey(unittest.TestCase):
    """The same on each platform; what differs is the platform's own."""

    def walk(self, platform):
        key = f"{platform}-{uuid.uuid4().hex[:8]}"
        WORLD.creator(platform, key, name="Notes on Engines", size=7)
        WORLD.publish(platform, key, title="Poetical science explained", description="Poetical science: Bernoulli numbers, step by step #engine #maths", tags=["analytical", "engine"])
        [creator] = PRODUCT.creators(1)
        app = App(creator)

        linked = app.link(platform, key)
        account = linked["social_account_id"]
        self.assertEqual((linked["success"], linked["platform"]), (True, platform))
        shown = app.client.table("social_account").select("id,account_name,platform(slug),account_status(slug)").execute().data
        self.assertEqual([(row["id"], row["platform"]["slug"], row["account_status"]["slug"]) for row in shown], [(account, platform, "active")])

        first = app.invoke(f"sync-{platform}", social_account_id=account, max_results=50)
        there = WORLD.items(platform, key)
        rows = app.content(account).execute().data
        # Instagram's stories come and go with the day, and are in no catalogue.
        self.assertEqual({row["platform_content_id"] for row in rows if row["content_type"]["slug"] != "story"}, {each["id"] for each in there} - self.unpublished(platform, there), "all that is there arrived")
        self.assertEqual((first["new_items"], first["updated_items"], first["failed_count"]), (len(rows), 0, 0))
        self.assertEqual((first["synced_count"], first["quota"]["used"]), (len(rows), 1))
        self.assertTrue(all(row["platform"]["slug"] == platform for row in rows))
        self.assertEqual(rows, sorted(rows, key=lambda row: row["published_at"], reverse=True))

        # 3.4 and 3.5: words and tags
        found = app.content(account).text_search("search_vector", "bernoulli").execute().data
        self.assertEqual([row["platform_content_id"] for row in found], [there[0]["id"]])
        found = app.client.table("content_item").select("platform_content_id").text_search("search_vector", "poetical -absentword", {"type": "web_search"}).execute().data
        self.assertEqual([row["platform_content_id"] for row in found], [there[0]["id"]])
        self.assertEqual(app.content(account).text_search("search_vector", "quaternion").execute().data, [])
        self.assertEqual([row["platform_content_id"] for row in app.content(account).overlaps("hashtags", ["maths", "nothing"]).execute().data], [there[0]["id"]])
        if platform == "youtube":  # the only one with tags of its own
            self.assertEqual([row["platform_content_id"] for row in app.content(account).contains("tags", ["analytical", "engine"]).execute().data], [there[0]["id"]])
        self.assertEqual(app.content(account).contains("tags", ["analytical", "absent"]).execute().data, [])

        again = app.invoke(f"sync-{platform}", social_account_id=account)
        self.assertEqual((again["new_items"], again["updated_items"], again["synced_count"]), (0, 0, len(rows)))
        self.assertEqual(app.content(account).execute().data, rows, "nothing is there twice, and nothing else")

        WORLD.publish(platform, key, title="Another note", description="Another note")
        self.assertEqual(app.invoke(f"sync-{platform}")["new_items"], 1, "the only account on the platform is meant")
        self.assertEqual(len(app.content(account).execute().data), len(rows) + 1)

        gone = app.invoke("disconnect-account", social_account_id=account)
        self.assertTrue(gone["disconnected_at"])
        self.assertEqual(app.client.table("social_account").select("id").is_("deleted_at", "null").execute().data, [])
        with self.assertRaises(FunctionsHttpError):
            app.invoke(f"sync-{platform}", social_account_id=account)
        self.assertEqual(PRODUCT.sql(f"select count(*) from vault.secrets where name like 'user_{app.user}_%'"), ["0"], "its secret is forgotten")

    @staticmethod
    def unpublished(platform, items):
        """What waits until it is over."""
        return {each["id"] for each in items if each.get("kind") in ("live", "upcoming")} if platform == "youtube" else set()

    def test_youtube(self):
        self.walk("youtube")

    def test_instagram(self):
        self.walk("instagram")

    def test_tiktok(self):
        self.walk("tiktok")

    def test_all_three_of_one_person(self):
        [creator] = PRODUCT.creators(1, "basic")
        app, accounts = App(creator), {}
        for platform in PLATFORMS:
            key = f"{platform}-{uuid.uuid4().hex[:8]}"
            WORLD.creator(platform, key, size=3, shape="mixed")
            accounts[platform] = app.link(platform, key)["social_account_id"]
        for platform in PLATFORMS:
            app.invoke(f"sync-{platform}")
        rows = app.client.table("social_account").select("platform(slug),content_item(id)").execute().data
        self.assertEqual(sorted(row["platform"]["slug"] for row in rows), sorted(PLATFORMS))
        self.assertTrue(all(row["content_item"] for row in rows))
        with self.assertRaises(FunctionsHttpError) as refused:
            app.link("youtube", "ada")
        self.assertIn("QUOTA_EXCEEDED", str(refused.exception.__dict__) + str(refused.exception))


if __name__ == "__main__":
    sys.exit(program.run())
