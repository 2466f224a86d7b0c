"""What every case works with: binaries, the database, keys, tokens, and turns that take turns."""

import functools
import json
import os
import subprocess
import sys
import time
import uuid

import settings  # of scripts/lib
import tokens
from package import ROOT

from harness import load
from harness.process import Process

ISSUER = "http://127.0.0.1:54321/auth/v1"
# As many as the cache of verified tokens holds.
USERS = 1000
USERS_SQL = """
insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
select
    ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-0000-0000-000000000000', 'authenticated',
    'authenticated', 'user-' || n || '@example.com', now(), '{"provider": "email", "providers": ["email"]}', '{}'
from generate_series(1, :users) as n
on conflict do nothing;
update public.users
set display_name = 'Ada Lovelace', bio = repeat('Notes on the analytical engine. ', 5), profile_slug = 'ada-' || right(id::text, 4);
vacuum analyze public.users;
"""


class Context:
    """Made once a run."""

    def __init__(self, folder, runs, seconds):
        self.root = ROOT
        self.folder = folder
        self.runs = runs
        self.seconds = seconds
        self.peers = os.path.join(ROOT, "Tests", "bench", "peers")

    def binary(self, name):
        return os.path.join(self.root, ".build", "release", name)

    @functools.cached_property
    def deno(self):
        """The program itself: what pip puts into bin may be a script that starts it."""
        import deno  # pylint: disable=import-outside-toplevel
        return os.path.realpath(deno.find_deno_bin())

    # MARK: the database

    def sql(self, text, **variables):
        """Runs SQL as the superuser."""
        url, password = settings.apart(os.environ["DATABASE_URL"])
        given = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *given, "-d", url], input=text, text=True, check=True,
            env={**os.environ, "PGPASSWORD": password, "PGOPTIONS": "-c client_min_messages=warning"}, stdout=subprocess.DEVNULL)

    def value(self, text):
        """What one row's one column is."""
        url, password = settings.apart(os.environ["DATABASE_URL"])
        ran = subprocess.run(["psql", "-XqAt", "-d", url, "-c", text], env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    @property
    def edge_url(self):
        """As functions sign in."""
        return self.login_url("edge")

    def login_url(self, login):
        """As the processes of a login sign in."""
        return settings.with_login(os.environ["DATABASE_URL"], login, os.environ[f"{login.upper()}_PASSWORD"])

    @functools.cached_property
    def postmaster(self):
        """The id of PostgreSQL's first process."""
        return int(self.value("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))

    def make_users(self):
        self.sql(USERS_SQL, users=USERS)

    def forget_calls(self):
        """No call counts against a rate limit any more."""
        self.sql("truncate internal.rate_limit cascade")

    # MARK: keys and tokens

    @functools.cached_property
    def keys(self):
        """(private JWK, public JWK set) of this run."""
        return tokens.key_pair()

    def sign(self, claims):
        """Tokens for these claims, in their order."""
        ran = subprocess.run(
            [self.binary("bench-tokens"), "sign"], input="".join(json.dumps(each) + "\n" for each in claims),
            env={**os.environ, "JWT_SIGNING_KEY": self.keys[0]}, capture_output=True, text=True, check=True)
        return ran.stdout.split()

    def claims(self, number):
        """What auth will put into a user's token."""
        now = int(time.time())
        return {
            "iss": ISSUER, "sub": f"00000000-0000-4000-8000-{number:012}", "aud": "authenticated", "role": "authenticated",
            "iat": now, "exp": now + 86400, "session_id": str(uuid.uuid4()), "aal": "aal1", "is_anonymous": False,
            "email": f"user-{number}@example.com", "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {}, "amr": [{"method": "password", "timestamp": now}],
        }

    def authorizations(self, name, claims):
        """A file of Authorization values for report.lua."""
        path = os.path.join(self.folder, f"{name}.tokens")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"Bearer {token}\n" for token in self.sign(claims))
        return path

    @functools.cached_property
    def users(self):
        """A token of each user."""
        return self.authorizations("users", [self.claims(number + 1) for number in range(USERS)])

    # MARK: processes and turns

    def program(self, binary, label=None, **environment):
        """One of ours with the settings that all functions have; `environment` wins."""
        given = {
            "DATABASE_URL": self.edge_url, "JWT_JWKS": self.keys[1], "JWT_ISSUER": ISSUER, **environment,
        }
        path = binary if "/" in binary else self.binary(binary)
        return Process(label or os.path.basename(path), [path], given, self.folder)

    def rounds(self, contenders):
        """Each contender (name → what makes a Turn) has its turn in each round, in changing order."""
        turns = {name: [] for name in contenders}
        for number in range(self.runs):
            names = list(contenders)
            if number % 2:
                names.reverse()
            for name in names:
                print(f"  round {number + 1}/{self.runs}: {name} …", file=sys.stderr, flush=True)
                turns[name].append(contenders[name]())
        return turns

    def loaded(self, server, address, path, **more):
        """What makes a Turn of `server` for ``rounds(_:)``."""
        def make():
            made = load.turn(f"http://{address}{path}", server, self.seconds, **more)
            os.truncate(server.log, 0)
            return made
        load.turn(f"http://{address}{path}", server, 1, **more)
        return make
