"""`.env`: written once, read alike by bash and by our tools; what holds for a port; tokens."""

import base64
import json
import os
import shlex
import stat
import subprocess
import tempfile
import unittest

import settings
from package import ROOT

SCRIPTS = os.path.join(ROOT, "scripts")


class Environment(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, ".env")
        self.environ = {"PATH": os.environ["PATH"], "ENV_FILE": self.path}

    def run_tool(self, name, *arguments, **environ):
        return subprocess.run([os.path.join(SCRIPTS, name), *arguments], env={**self.environ, **environ},
                              capture_output=True, text=True, check=False)

    def write(self):
        ran = self.run_tool("env")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return settings.read(self.path)

    def test_only_its_owner_may_read_it(self):
        self.write()
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_a_second_time_changes_nothing(self):
        first = self.write()
        self.assertEqual(self.write(), first)

    def test_what_is_missing_is_added_and_the_rest_stays(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("EDGE_PASSWORD=mine\nMY_OWN='a b'\n")
        values = self.write()
        self.assertEqual(values["EDGE_PASSWORD"], "mine")
        self.assertEqual(values["MY_OWN"], "a b")
        self.assertIn("edge:mine@", values["DATABASE_URL_EDGE"])
        self.assertTrue(values["ANON_KEY"])

    def test_bash_reads_what_our_tools_read(self):
        values = self.write()
        ran = subprocess.run(["bash", "-c", f"set -a; . {shlex.quote(self.path)}; env -0"], env={}, capture_output=True, text=True, check=True)
        seen = dict(pair.split("=", 1) for pair in ran.stdout.split("\0") if pair)
        self.assertEqual({name: seen.get(name) for name in values}, values)

    def test_every_installation_has_secrets_of_its_own(self):
        first = self.write()
        os.remove(self.path)
        second = self.write()
        for name in first:
            if name.endswith(("PASSWORD", "_KEY", "JWKS")):
                self.assertNotEqual(first[name], second[name], name)

    def test_functions_are_given_no_private_key(self):
        values = self.write()
        self.assertIn("d", json.loads(values["JWT_SIGNING_KEY"]))
        for key in json.loads(values["JWT_JWKS"])["keys"]:
            self.assertNotIn("d", key)

    def test_the_keys_have_a_role_and_neither_subject_nor_end(self):
        values = self.write()
        for name, role in (("ANON_KEY", "anon"), ("SERVICE_ROLE_KEY", "service_role")):
            claims = claims_of(values[name])
            self.assertEqual(claims["role"], role)
            self.assertFalse({"sub", "exp"} & set(claims))

    def test_a_token_names_the_user_the_issuer_and_its_end(self):
        self.write()
        user = "00000000-0000-7000-8000-000000000001"
        ran = self.run_tool("token", "--user", user, "--expires", "60")
        claims = claims_of(ran.stdout.strip())
        self.assertEqual((claims["sub"], claims["aud"], claims["role"]), (user, "authenticated", "authenticated"))
        self.assertEqual(claims["iss"], "http://127.0.0.1:54321/auth/v1")
        self.assertEqual(claims["exp"] - claims["iat"], 60)

    def test_a_token_for_another_port_names_that_port(self):
        self.write()
        ran = self.run_tool("token", "--user", "00000000-0000-7000-8000-000000000001", PORT="54400")
        self.assertEqual(claims_of(ran.stdout.strip())["iss"], "http://127.0.0.1:54400/auth/v1")

    def test_the_anon_key_is_printed(self):
        values = self.write()
        self.assertEqual(self.run_tool("token", "--anon").stdout.strip(), values["ANON_KEY"])

    def test_a_port_moves_the_addresses(self):
        self.write()
        values = settings.effective({"PORT": "54400"}, self.path)
        self.assertEqual(values["API_EXTERNAL_URL"], "http://127.0.0.1:54400")
        self.assertIn("@127.0.0.1:55400/streamvibe", values["DATABASE_URL_EDGE"])
        self.assertEqual((values["SMTP_LISTEN"], values["SMTP_URL"]), ("127.0.0.1:54404", "smtp://127.0.0.1:54404"))

    def test_the_played_platforms_move_with_the_port_and_real_ones_stay(self):
        self.write()
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("TIKTOK_BASE_URL=https://open.tiktokapis.com\n")
        values = settings.effective({"PORT": "54400"}, self.path)
        self.assertEqual(values["YOUTUBE_BASE_URL"], "http://127.0.0.1:54400/sandbox/gapi")
        self.assertEqual(values["INSTAGRAM_GRAPH_BASE_URL"], "http://127.0.0.1:54400/sandbox/ig")
        self.assertEqual(values["TIKTOK_BASE_URL"], "https://open.tiktokapis.com")
        self.assertEqual(values["TIKTOK_AUTHORIZE_URL"], "http://127.0.0.1:54400/sandbox/tiktok/v2/auth/authorize/")
        self.assertEqual(values["TIKTOK_CLIENT_ID"], "sandbox-tiktok")

    def test_mail_goes_where_it_was_said_to_go(self):
        self.write()
        self.assertEqual(settings.effective({"SMTP_URL": "smtps://u:p@mail.example"}, self.path)["SMTP_URL"], "smtps://u:p@mail.example")
        moved = settings.effective({"SMTP_LISTEN": "127.0.0.1:2525"}, self.path)
        self.assertEqual(moved["SMTP_URL"], "smtp://127.0.0.1:2525")

    def test_the_environment_wins(self):
        self.write()
        values = settings.effective({"RATE_LIMIT_USER_PER_HOUR": "7", "API_EXTERNAL_URL": "https://api.example"}, self.path)
        self.assertEqual(values["RATE_LIMIT_USER_PER_HOUR"], "7")
        self.assertEqual(values["API_EXTERNAL_URL"], "https://api.example")

    def test_a_database_of_the_environment_is_used_by_every_login(self):
        known = self.write()
        values = settings.effective({"DATABASE_URL": "postgresql://me:pw@db.example:5433/shop?sslmode=require"}, self.path)
        self.assertEqual(values["DATABASE_URL"], "postgresql://me:pw@db.example:5433/shop?sslmode=require")
        self.assertEqual(values["DATABASE_URL_EDGE"],
                         f"postgresql://edge:{known['EDGE_PASSWORD']}@db.example:5433/shop?sslmode=require")

    def keys(self):
        return settings.read(self.path)["VAULT_KEYS"].split(",")

    def test_the_vault_has_a_key(self):
        values = self.write()
        name, key = values["VAULT_KEYS"].split(":")
        self.assertRegex(name, "^k[0-9a-f]{8}$")
        self.assertEqual(len(base64.b64decode(key, validate=True)), 32)

    def test_keys_of_the_vault_are_added_put_first_and_dropped(self):
        others = {name: value for name, value in self.write().items() if name != "VAULT_KEYS"}
        [old] = self.keys()
        self.assertEqual(self.run_tool("secret", "key", "new").returncode, 0)
        self.assertEqual(self.keys()[0], old)
        new = self.keys()[1]
        self.assertNotEqual(self.run_tool("secret", "key", "drop", old.split(":")[0]).returncode, 0)
        self.assertEqual(self.run_tool("secret", "key", "first", new.split(":")[0]).returncode, 0)
        self.assertEqual(self.keys(), [new, old])
        ran = self.run_tool("secret", "key", "drop", old.split(":")[0])
        self.assertEqual((ran.returncode, self.keys()), (0, [new]))
        for wrong in (["drop", new.split(":")[0]], ["first", "k0"], ["first"], ["new", "k0"], ["sing"]):
            self.assertNotEqual(self.run_tool("secret", "key", *wrong).returncode, 0, wrong)
            self.assertEqual(self.keys(), [new])
        self.assertEqual({name: value for name, value in settings.read(self.path).items() if name != "VAULT_KEYS"}, others)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        self.assertNotIn(new.split(":")[1], ran.stdout + ran.stderr)

    def test_a_value_that_no_quote_can_hold_is_refused(self):
        with self.assertRaises(ValueError):
            settings.line("NAME", "it's")


class Addresses(unittest.TestCase):
    def test_a_login_takes_another_ones_place(self):
        for url, expected in (
            ("postgresql://h/d", "postgresql://edge:p%40w@h/d"),
            ("postgresql://a:b@h1:1,h2:2/d?target_session_attrs=read-write", "postgresql://edge:p%40w@h1:1,h2:2/d?target_session_attrs=read-write"),
            ("postgresql:///d?host=/run/x&user=a&password=b", "postgresql://edge:p%40w@/d?host=/run/x"),
            ("host=h dbname=d user=a password='b c'", "host=h dbname=d user=edge password=p@w"),
        ):
            self.assertEqual(settings.with_login(url, "edge", "p@w"), expected)

    def test_a_password_is_taken_out(self):
        self.assertEqual(settings.apart("postgresql://a:p%40w@h:1/d"), ("postgresql://a@h:1/d", "p@w"))
        self.assertEqual(settings.apart("postgresql://a@h/d"), ("postgresql://a@h/d", ""))
        self.assertEqual(settings.apart("host=h password='b c' user=a"), ("host=h user=a", "b c"))

    def test_the_databases_port_stays_a_port(self):
        self.assertEqual(settings.database_port(54321), 55321)
        self.assertEqual(settings.database_port(65000), 64000)


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
