"""People of a stack who link accounts and sync them, as programs that know its addresses see it."""

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import settings  # noqa: E402
import tokens  # noqa: E402

PLATFORMS = ("youtube", "instagram", "tiktok")


class Answer:
    """What came back, whatever its status."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The code of an error of ours; None where it is none."""
        try:
            return self.json["error"]["code"]
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def location(self):
        return self.headers.get("location", "")

    @property
    def query(self):
        """The parameters of the place that it leads to."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.location).query, keep_blank_values=True))

    def expect(self, *statuses):
        assert self.status in statuses, f"{statuses} was wanted, not {self}"
        return self


def send(method, url, body=None, headers=None, timeout=60):
    """An answer; redirects are the caller's to follow, as a browser would."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, "")), body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Product:
    """One stack: where it is, its keys, its database."""

    def __init__(self, base, anon, service, database, signing_key, issuer, sandbox=None):
        self.base, self.sandbox = base, sandbox or f"{base}/sandbox"
        self.anon, self.service = anon, service
        self.database, self.signing_key, self.issuer = database, signing_key, issuer
        # What nobody but the two ends of a link may ever hold, and whether any was made.
        self.secrets, self.linked = set(), False

    @classmethod
    def of(cls, stack, **environ):
        """The one that scripts/run brought up on a stack's port."""
        values = settings.effective({"PORT": str(stack.port), **environ})
        return cls(
            f"http://127.0.0.1:{stack.port}", values["ANON_KEY"], values["SERVICE_ROLE_KEY"], values["DATABASE_URL"],
            values["JWT_SIGNING_KEY"], f"{values['API_EXTERNAL_URL']}/auth/v1")

    def sql(self, text):
        """What psql prints as the superuser, a line a row."""
        url, password = settings.apart(self.database)
        ran = subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url], input=text, env={**os.environ, "PGPASSWORD": password},
            check=False, capture_output=True, text=True)
        assert not ran.returncode, ran.stderr
        return ran.stdout.splitlines()

    def call(self, method, path, body=None, token=None, headers=None, timeout=60):
        """A function's or REST's answer; `body` travels as JSON unless it is bytes."""
        given = {"apikey": self.anon, **({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        return send(method, self.base + path, body, given, timeout)

    def creators(self, count, tier="free"):
        """New people, signed in."""
        ids = [str(uuid.uuid4()) for _ in range(count)]
        rows = ", ".join(
            f"('{user}', '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', '{user}@example.com', now(),"
            """ '{"provider": "email", "providers": ["email"]}', '{}')""" for user in ids)
        self.sql(
            "insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)"
            f" values {rows}")
        if tier != "free":
            named = ", ".join(f"'{user}'" for user in ids)
            self.sql(f"update public.subscription set tier_id = (select id from public.subscription_tier where slug = '{tier}') where user_id in ({named})")
        now = int(time.time())
        return [Creator(self, user, tokens.sign(
            {"sub": user, "role": "authenticated", "aud": "authenticated", "iss": self.issuer, "iat": now, "exp": now + 7200,
             "session_id": str(uuid.uuid4()), "aal": "aal1", "is_anonymous": False, "email": f"{user}@example.com"}, self.signing_key)) for user in ids]


class Creator:
    """Somebody signed in, and what they do."""

    def __init__(self, product, user, token):
        self.product, self.user, self.token = product, user, token

    def function(self, name, body=None, method="POST", **more):
        return self.product.call(method, f"/functions/v1/{name}", {} if body is None and method == "POST" else body, self.token, **more)

    def rest(self, path, method="GET", body=None, **headers):
        return self.product.call(method, f"/rest/v1/{path}", body, self.token, headers)

    def rows(self, path):
        return self.rest(path).expect(200).json

    # MARK: linking, by the redirects that a browser follows

    def begin(self, platform, **fields):
        """The answer of the init function: where the browser goes."""
        begun = self.function(f"oauth-{platform}-init", fields).expect(200).json
        self.product.secrets.add(begun["state"])
        return begun

    def consent(self, address, account, **more):
        """What the platform's page gives who agrees as that creator of its: the address of our callback."""
        asked = urllib.parse.urlencode({"auto": "approve", "account": account, **more})
        return send("GET", f"{address}&{asked}").expect(302, 303).location

    def hand_on(self, location):
        """Our callback, as the browser meets it: code and state for the app."""
        return send("GET", location).expect(302).query

    def finish(self, platform, handed):
        return self.function(f"oauth-{platform}-callback", {name: handed[name] for name in ("code", "state") if name in handed})

    def code(self, platform, account, **fields):
        """Everything up to the last call: code and state."""
        return self.hand_on(self.consent(self.begin(platform, **fields)["authorization_url"], account))

    def link(self, platform, account, **fields):
        """The linked account's id."""
        handed = self.code(platform, account, **fields)
        self.product.secrets.add(handed["code"])
        self.product.linked = True
        return self.finish(platform, handed).expect(200).json["social_account_id"]

    def sync(self, platform, account=None, **fields):
        return self.function(f"sync-{platform}", {**({"social_account_id": account} if account else {}), **fields}, timeout=150)

    def used(self, quota="syncs_used"):
        return self.rows(f"subscription?select={quota}")[0][quota]
