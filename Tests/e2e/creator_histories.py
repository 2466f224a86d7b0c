#!/usr/bin/env python3
"""Random histories of creators who publish, edit, delete and bring back, synced at random moments: in the
end what is stored equals the catalogue, each item once, with what its owner changed here left alone.

    creator_histories.py [NAME...]      all, or the classes or tests of these names

HISTORIES says how many [40], SEED which ones [a new one each run]; a history that fails says how to run it alone
(SEED=… HISTORY=…). The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import concurrent.futures
import json
import os
import random
import re
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canaries  # noqa: E402
import program  # noqa: E402
from creators import PLATFORMS, Product  # noqa: E402
from running_stack import Stack  # noqa: E402
from world import World  # noqa: E402

HISTORIES = int(os.environ.get("HISTORIES", "40"))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
# What is under way at once, and how many accounts one person of the premium tier may link.
WORKERS, ACCOUNTS = 4, 10
WORDS = "engine note poetical science loom Ümläut 数学 مرحبا 🎛️ Bernoulli o'clock \"quoted\" back\\slash <b>bold</b> 100% a_b".split(" ")
# Without stories, which come and go with the day and are in no catalogue.
STORED = """
select json_build_object(
    'id', i.platform_content_id, 'title', i.title, 'description', i.description, 'views', i.views_count, 'likes', i.likes_count,
    'comments', i.comments_count, 'visibility', i.visibility, 'kind', t.slug, 'tags', i.tags, 'hashtags', i.hashtags,
    'published', extract(epoch from i.published_at)::bigint, 'there', i.deleted_at is null)
from public.content_item as i join public.content_type as t on t.id = i.content_type_id where i.social_account_id = '{}'
    and t.slug <> 'story'"""
KINDS = {"youtube": ("video", "short"), "instagram": ("image", "reel", "carousel"), "tiktok": ("short",)}


def hashtags(text):
    return {tag.lower() for tag in re.findall(r"#(\w*[^\W\d]\w*)", text)}


def expected(platform, item):
    """How providers.md §20 says that an item is stored."""
    title, text = item["title"], item["description"]
    if platform == "instagram":
        text = item["caption"]
        title = text.splitlines()[0] if text else ""
    elif platform == "tiktok":
        title = title or text
    kinds = {"video": "long_video", "short": "short_video", "image": "image", "reel": "reel", "carousel": "carousel"}
    return {
        "id": item["id"], "title": title, "description": text, "likes": item["likes"], "comments": item["comments"],
        "kind": kinds[item["kind"]], "visibility": item["privacy"] if platform == "youtube" else "public",
        **({"tags": item["tags"]} if platform == "youtube" else {}), **({} if platform == "instagram" else {"views": item["views"]})}


class History:
    """One account from its first item to its last sync."""

    def __init__(self, world, creator, platform, key, account, source):
        self.world, self.creator, self.platform, self.key, self.account = world, creator, platform, key, account
        self.random, self.steps = source, []
        self.alive, self.gone = [], []
        # What the owner did here: titles, and items that were deleted.
        self.titled, self.dropped = {}, set()

    def words(self, count):
        return " ".join(self.random.choice(WORDS) for _ in range(count)) + f" {self.random.randrange(1000)}" + self.random.choice(["", " #loom", " #数学 #Note"])

    def fields(self):
        """What a creator may change of an item."""
        made = {"title": self.words(3), "description": self.words(6)}
        if self.platform == "youtube":
            made["tags"] = sorted({self.random.choice(WORDS[:6]) for _ in range(self.random.randrange(4))})
            made["privacy"] = self.random.choice(["public", "public", "unlisted", "private"])
        return made

    def counts(self):
        return {name: self.random.randrange(10**6) for name in ("views", "likes", "comments")}

    def publish(self):
        kind = self.random.choice(KINDS[self.platform])
        fields = {**self.fields(), **self.counts(), "kind": kind, "duration": 600 if kind == "video" else 30}
        made = self.world.publish(self.platform, self.key, **fields)
        self.alive.append(made["id"])

    def edit(self):
        self.world.edit(self.platform, self.key, self.random.choice(self.alive), **self.fields())

    def count(self):
        for item in self.random.sample(self.alive, self.random.randint(1, len(self.alive))):
            self.world.edit(self.platform, self.key, item, **self.counts())

    def delete(self):
        item = self.alive.pop(self.random.randrange(len(self.alive)))
        self.world.delete(self.platform, self.key, item)
        self.gone.append(item)

    def bring_back(self, place=None):
        if self.gone:
            item = self.gone.pop(self.random.randrange(len(self.gone)) if place is None else place)
            self.world.edit(self.platform, self.key, item, deleted=False)
            self.alive.append(item)

    def come_back(self):
        """An item goes, a sync finds that, its owner edits it all the same, and it is there again."""
        self.delete()
        self.full()
        title = self.words(2)
        if item := self.own({"title": title}, lambda row: row["id"] == self.gone[-1]):
            self.titled[item] = title
        self.bring_back(-1)

    def sync(self):
        self.creator.sync(self.platform, self.account, max_results=self.random.choice([1, 5, 50, 500])).expect(200)

    def full(self):
        self.creator.sync(self.platform, self.account, full=True).expect(200)

    def stored(self):
        return [json.loads(line) for line in self.creator.product.sql(STORED.format(self.account))]

    def own(self, change, chosen=lambda row: row["there"]):
        """What the owner changes of an item, one that is there unless something else is said."""
        rows = [row for row in self.stored() if chosen(row)]
        if rows:
            row = self.random.choice(rows)
            self.creator.rest(f"content_item?platform_content_id=eq.{row['id']}&social_account_id=eq.{self.account}", "PATCH", change).expect(204)
            return row["id"]
        return None

    def retitle(self):
        title = self.words(2)
        if item := self.own({"title": title}):
            self.titled[item] = title

    def retitle_gone(self):
        """An item that a sync has found gone, or that the owner deleted; it may come back."""
        title = self.words(2)
        if item := self.own({"title": title}, lambda row: not row["there"]):
            self.titled[item] = title

    def drop(self):
        if item := self.own({"deleted_at": "2026-11-24T00:00:00Z"}):
            self.dropped.add(item)

    def undrop(self):
        """What is gone from the platform too goes again with the next full sync."""
        if item := self.own({"deleted_at": None}, lambda row: row["id"] in self.dropped):
            self.dropped.remove(item)

    def run(self):
        choices = [(self.publish, 6), (self.edit, 4), (self.count, 2), (self.delete, 2), (self.bring_back, 1), (self.come_back, 1), (self.sync, 3), (self.full, 1), (self.retitle, 1), (self.retitle_gone, 1), (self.drop, 1), (self.undrop, 1)]
        for _ in range(self.random.randint(4, 16)):
            step = self.random.choices(*zip(*choices))[0]
            if not self.alive and step in (self.edit, self.count, self.delete, self.come_back):
                step = self.publish
            self.steps.append(step.__name__)
            step()
        self.steps.append("full")
        self.full()
        self.judge()

    def judge(self):
        rows = self.stored()
        found = {row["id"]: row for row in rows}
        assert len(found) == len(rows), "an item is there twice"
        catalogue = {item["id"]: item for item in self.world.items(self.platform, self.key)}
        assert set(catalogue) == set(self.alive), f"the catalogue itself: {sorted(catalogue)} {sorted(self.alive)}"
        for item in catalogue.values():
            wanted = {**expected(self.platform, item), "there": item["id"] not in self.dropped}
            if item["id"] in self.titled:
                wanted["title"] = self.titled[item["id"]]
            row = found.get(item["id"], {})
            differs = {name: (row.get(name), value) for name, value in wanted.items() if row.get(name) != value}
            assert not differs, f"{item['id']}: {differs}"
            assert hashtags(wanted["description"]) <= set(row["hashtags"]), (row["hashtags"], wanted["description"])
        for item in set(found) - set(catalogue):
            assert not found[item]["there"], f"{item} is gone from the platform"


class Histories(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"SEED={SEED} HISTORIES={HISTORIES}", flush=True)
        cls.watch = canaries.Watch()
        cls.addClassCleanup(cls.watch.stop)
        cls.stack = Stack(YOUTUBE_DAILY_UNITS="10000000", **cls.watch.environment)
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.product = Product.of(cls.stack)
        cls.world = World(cls.product.sandbox)
        cls.world.call("POST", "/admin/settings", {"tiktok_calls_per_minute": 1000000})

    @classmethod
    def tearDownClass(cls):
        cls.watch.judge(cls.stack, cls.product)

    def history(self, creator, number):
        source = random.Random(f"{SEED} {number}")
        platform = source.choice(PLATFORMS)
        key = self.world.creator(platform, f"history-{SEED}-{number}", size=source.choice([0, 0, 2, 55]), shape="videos")
        made = History(self.world, creator, platform, key, creator.link(platform, key), source)
        made.alive = [item["id"] for item in self.world.items(platform, key)]
        try:
            made.run()
        except Exception as error:  # noqa: BLE001: the history that broke is what counts
            return f"SEED={SEED} HISTORY={number} ({platform}): {type(error).__name__}: {error}; {', '.join(made.steps)}"
        return None

    def test_all_of_them_end_as_the_catalogue_does(self):
        chosen = [int(os.environ["HISTORY"])] if os.environ.get("HISTORY") else range(HISTORIES)
        groups = [chosen[at:at + ACCOUNTS] for at in range(0, len(chosen), ACCOUNTS)]
        people = self.product.creators(len(groups), "premium")

        def run(group):
            creator, numbers = group
            return [self.history(creator, number) for number in numbers]

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            wrong = [each for found in pool.map(run, zip(people, groups)) for each in found if each]
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(chosen)}")


if __name__ == "__main__":
    sys.exit(program.run())
