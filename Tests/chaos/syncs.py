"""The fault of a sync that is killed: its process gets SIGKILL at any moment of the work."""

import base64
import json
import os
import secrets
import subprocess
import sys
import threading
import time

from cluster import ROOT, Cluster, free_port
from stack import Stack, eventually

sys.path.insert(0, os.path.join(ROOT, "Tests", "e2e"))
from creators import Product  # noqa: E402
from settings import PLAYED  # noqa: E402
from world import World  # noqa: E402

PLATFORMS = ("youtube", "instagram", "tiktok")
ROWS = """
select json_build_object('id', i.platform_content_id, 'title', i.title, 'description', i.description, 'there', i.deleted_at is null,
    'children', (select count(*) from public.content_media as m where m.content_id = i.id))
from public.content_item as i join public.content_type as t on t.id = i.content_type_id
where i.social_account_id = '{}' and t.slug <> 'story'"""


class SyncStack(Stack):
    """Linking and syncing with the sandbox beside them; a process a function, each of which can be killed."""

    def __init__(self, cluster):
        super().__init__(cluster)
        sandbox = free_port()
        base = f"http://127.0.0.1:{self.port}"
        self.settings |= {
            "API_EXTERNAL_URL": base, "VAULT_KEYS": f"chaos:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            **{name: f"http://127.0.0.1:{sandbox}/{path}" for name, path in PLAYED.items()},
            **{f"{platform.upper()}_CLIENT_ID": f"sandbox-{platform}" for platform in PLATFORMS},
            **{f"{platform.upper()}_CLIENT_SECRET": secrets.token_hex(16) for platform in PLATFORMS}}
        self.start("sandbox", f"127.0.0.1:{sandbox}", SMTP_LISTEN=f"127.0.0.1:{free_port()}")
        names = [f"{name}-{platform}{end}" for platform in PLATFORMS for name, end in (("oauth", "-init"), ("oauth", "-callback"), ("sync", ""))]
        self.functions = {name: self.start(name, f"unix:{self.folder}/{name}.sock") for name in names}
        self.dispatch(UPSTREAMS=",".join(f"{name}=unix:{self.folder}/{name}.sock" for name in names))
        self.product = Product(base, "", "", cluster.url("postgres"), self.key, f"{base}/auth/v1", f"http://127.0.0.1:{sandbox}")
        self.world = World(self.product.sandbox)
        self.until_healthy()

    def start(self, name, address, **more):
        binaries = os.environ.get("BINARIES") or os.path.join(ROOT, ".build", "release")
        return self._start([os.path.join(binaries, name)], {"PATH": os.environ["PATH"], **self._library_path(), **self.settings, "LISTEN": address, **more})

    def kill(self, name):
        """kill -9, and another in its place."""
        self.functions[name].kill()
        self.functions[name].wait()
        self.functions[name] = self.start(name, f"unix:{self.folder}/{name}.sock")

    def ready(self, name):
        """Whether the function takes calls, past the dispatcher."""
        path = f"{self.folder}/{name}.sock"
        return subprocess.run(
            ["curl", "-fs", "-m", "2", "-o", "/dev/null", "--unix-socket", path, "http://localhost/health"], check=False).returncode == 0


class Account:
    """One linked account, whose items' words say which version they are of."""

    def __init__(self, stack, platform, random, size):
        self.stack, self.platform, self.random = stack, platform, random
        self.world, self.product = stack.world, stack.product
        self.key = self.world.creator(platform, f"chaos-{platform}", size=0)
        [self.creator] = self.product.creators(1, "premium")
        self.account = self.creator.link(platform, self.key)
        self.version, self.ids = 0, []
        # Seconds of a sync that nobody kills.
        self.takes = 0.0
        for _ in range(size):
            self.publish()

    def words(self):
        self.version += 1
        return {"title": f"version {self.version}", "description": f"version {self.version}\nof it" if self.platform == "instagram" else f"version {self.version} of it"}

    def publish(self):
        kind = {"kind": "carousel", "children": ["image", "video", "image"]} if self.platform == "instagram" else {"kind": "short"}
        self.ids.append(self.world.publish(self.platform, self.key, **self.words(), **kind)["id"])

    def change(self):
        """Something everywhere: new items, others edited, one deleted."""
        for _ in range(self.random.randint(1, 12)):
            self.publish()
        for item in self.random.sample(self.ids, self.random.randint(1, len(self.ids) // 2)):
            self.world.edit(self.platform, self.key, item, **self.words())
        self.world.delete(self.platform, self.key, self.ids.pop(self.random.randrange(len(self.ids))))

    def rows(self):
        return [json.loads(line) for line in self.product.sql(ROWS.format(self.account))]

    def no_half_item(self):
        rows = self.rows()
        assert len(rows) == len({row["id"] for row in rows}), "an item is there twice"
        for row in rows:
            assert row["description"].split() == [*row["title"].split(), "of", "it"], f"half of one version, half of another: {row}"
            assert self.platform != "instagram" or row["children"] == 3, f"children are missing: {row}"

    def equals_the_catalogue(self):
        titled = (lambda item: item["caption"].splitlines()[0]) if self.platform == "instagram" else (lambda item: item["title"])
        wanted = {item["id"]: titled(item) for item in self.world.items(self.platform, self.key)}
        found = {row["id"]: row["title"] for row in self.rows() if row["there"]}
        assert found == wanted, f"{set(found.items()) ^ set(wanted.items())}"

    def used(self):
        """Units that are used once the leases of whoever was killed have ended."""
        self.product.sql("""
            update internal.sync_run set lease_until = now() - interval '1 second' where ended_at is null;
            update internal.quota_reservation set lease_until = now() - interval '1 second';
            select internal.release_expired_reservations()""")
        return int(self.product.sql(f"select syncs_used from public.subscription where user_id = '{self.creator.user}'")[0])

    def synced_at(self):
        return self.product.sql(f"select last_synced_at from public.social_account where id = '{self.account}'")[0]

    def sync(self):
        return self.creator.sync(self.platform, self.account, full=True)


def sync_killed(random, short):
    """kill -9 of a sync at random moments: no half item, quota right afterwards, the next sync completes it."""
    kills = 12 if short else 200
    cluster = Cluster()
    stack = None
    try:
        stack = SyncStack(cluster)
        accounts = [Account(stack, platform, random, 60) for platform in PLATFORMS]
        completed = 0
        for account in accounts:
            for _ in range(2):
                account.change()
                began = time.monotonic()
                account.sync().expect(200)
                account.takes = time.monotonic() - began
        for number in range(kills):
            account = accounts[number % len(accounts)]
            name = f"sync-{account.platform}"
            account.change()
            used, synced_at, answers = account.used(), account.synced_at(), []
            calling = threading.Thread(target=lambda: answers.append(attempt(account)))
            calling.start()
            time.sleep(random.uniform(0, 1.1 * account.takes))
            stack.kill(name)
            calling.join(60)
            assert not calling.is_alive(), "the call hangs"
            account.no_half_item()
            ran = account.synced_at() != synced_at
            completed += ran
            assert ran or answers[0] != 200, "a sync that was acknowledged is gone"
            assert account.used() == used + ran, f"{account.used() - used} units for a sync that {'ran' if ran else 'was killed'}"
            eventually(lambda: stack.ready(name), 10, f"{name} answers again")
            eventually(lambda: account.sync().status == 200, 10, "the next sync completes it")
            account.equals_the_catalogue()
            account.no_half_item()
        assert short or completed < kills / 2, f"of {kills} kills {completed} came too late"
        return f"{kills} kills, {completed} of them after the work was done"
    finally:
        if stack:
            stack.stop()
        cluster.remove()


def attempt(account):
    """The status of a sync; None when the connection broke."""
    try:
        return account.sync().status
    except OSError:
        return None
