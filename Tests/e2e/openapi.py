#!/usr/bin/env python3
"""openapi.json as the dispatcher serves it: a valid description, and one that the answers keep to.

schemathesis makes requests from the description, right and wrong ones, and judges every answer: no 5xx, no status,
type, header or body that the description does not have.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from stack import ROOT, Stack

TOOLS = os.path.join(ROOT, ".venv", "bin")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance")


# Neither limits nor pauses, and passwords that are hashed in no time: each request is to be let in.
OPEN = {"AUTH_RATE_LIMITS": "off", "AUTH_MAIL_GAP_SECONDS": "0", "AUTH_HASH_COST": "4", "AUTH_ANSWER_FLOOR_MS": "0"}

# What requests are made of besides what chance brings: names that are there, words that are understood.
WORDS = {
    "table": ["users", "user_setting", "subscription", "subscription_tier", "content_category", "notification", "nothing"],
    "function": ["check_quota", "has_role", "generate_profile_slug", "increment_quota", "nothing"],
    "select": ["*", "id", "id,user_setting(*)", "id,subscription!inner(*)", "a:id::text", "count()", "nothing"],
    "order": ["id", "id.desc.nullslast", "created_at", "nothing"],
    "on_conflict": ["id", "nothing"],
    "or": ["(id.is.null,id.not.is.null)", "(a)"],
    "Prefer": ["return=headers-only,count=exact", "count=planned", "resolution=merge-duplicates", "missing=default",
               "handling=strict,max-affected=0", "handling=strict,nothing", "count=estimated"],
    "Range": ["0-1", "1-0", "5-"],
    "Accept-Profile": ["public", "internal"],
    "Content-Profile": ["public", "internal"],
}
ALWAYS = {"table", "function"}
TABLE = "/rest/v1/{table}"
WRITES = ("post", "put", "patch", "delete")


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(**OPEN)
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.service = cls.stack.bash("scripts/env --print SERVICE_ROLE_KEY").strip()

    @staticmethod
    def services(kind):
        with open(os.path.join(ROOT, ".build", "catalog", "services.json"), encoding="utf-8") as file:
            return [service for service in json.load(file) if service["kind"] == kind]

    def made_of_words(self, has_rows):
        """The description with WORDS in it. OpenAPI can't say of a body that it may be there: `has_rows` says that of
        writes for all of them."""
        _, _, description = self.stack.request("/openapi.json")
        for path, item in description["paths"].items():
            for method, operation in item.items():
                for parameter in operation.get("parameters", ()):
                    if words := WORDS.get(parameter["name"]):
                        known = {"type": "string", "enum": words}
                        parameter["schema"] = known if parameter["name"] in ALWAYS else {"anyOf": [known, parameter["schema"]]}
                if path == TABLE and method in WRITES and not has_rows:
                    for status in {"200", "201"} & operation["responses"].keys():
                        del operation["responses"][status]["content"]
        return description

    def keep_to(self, *runs):
        """Whether all answers to requests that schemathesis makes are as described, `runs` being under way at once:
        (description or None for the one that is served, token or None, options)."""
        with tempfile.TemporaryDirectory() as folder:
            under_way = []
            for number, (description, token, *options) in enumerate(runs):
                location = f"http://127.0.0.1:{self.stack.port}/openapi.json"
                own = os.path.join(folder, str(number))
                os.mkdir(own)
                if description:
                    location = os.path.join(own, "openapi.json")
                    with open(location, "w", encoding="utf-8") as file:
                        json.dump(description, file)
                credentials = ["-H", f"Authorization: Bearer {token}"] if token else []
                command = [
                    os.path.join(TOOLS, "schemathesis"), "run", location, "--url", f"http://127.0.0.1:{self.stack.port}", *credentials, *options,
                    "--seed", "1", "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color"]
                output = open(os.path.join(own, "output"), "w+", encoding="utf-8")
                self.addCleanup(output.close)
                under_way.append((subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=own), output))
            for process, output in under_way:
                process.wait()
            for (_, _, *options), (process, output) in zip(runs, under_way):
                output.seek(0)
                text = output.read()
                with self.subTest(options=options):
                    self.assertEqual(process.returncode, 0, text[-8000:])
                    self.assertRegex(text, r"[1-9][0-9]+ generated")

    def signed_in(self):
        """A token of a session."""
        who = json.dumps({"email": "described@example.com", "password": "correct horse battery", "email_confirm": True}).encode()
        status, _, _ = self.stack.request("/auth/v1/admin/users", who, Authorization=f"Bearer {self.service}")
        self.assertEqual(status, 200)
        status, _, session = self.stack.request("/auth/v1/token?grant_type=password", who)
        self.assertEqual(status, 200)
        return session["access_token"]

    def test_it_is_valid_openapi_3_1(self):
        status, headers, description = self.stack.request("/openapi.json")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("application/json"))
        self.assertEqual(description["openapi"], "3.1.0")
        script = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))"
        subprocess.run([os.path.join(TOOLS, "python"), "-c", script], input=json.dumps(description), text=True, check=True)

    def test_it_has_every_service(self):
        _, _, description = self.stack.request("/openapi.json")
        for service in self.services("function"):
            self.assertIn(f"/functions/v1/{service['name']}", description["paths"])
        described = {"auth": "/auth/v1/signup", "rest": "/rest/v1/{table}"}
        for service in self.services("service"):
            if not service["local"]:
                self.assertIn(described[service["name"]], description["paths"])

    def test_every_answer_of_a_function_is_as_described(self):
        token = self.stack.bash(f"PORT={self.stack.port} scripts/token --email schema@example.com --create").strip()
        functions = ("--include-path-regex", "^/(functions/|health$)", "--max-examples", "60")
        self.keep_to((None, None, *functions), (None, token, *functions))

    def test_every_answer_of_auth_and_rest_is_as_described(self):
        user = self.signed_in()
        empty, full = self.made_of_words(has_rows=False), self.made_of_words(has_rows=True)
        everything = ("--include-path-regex", "^/(auth|rest)/v1/", "--max-examples", "5")
        # The user stays signed in until all else is done. The backend, which finds and deletes whatever account there is,
        # comes last, and leaves the tables that sign-up needs.
        staying = self.made_of_words(has_rows=False)
        del staying["paths"]["/auth/v1/logout"]
        spared = self.made_of_words(has_rows=False)
        for method in ("put", "patch", "delete"):
            del spared["paths"][TABLE][method]
        writes = ("--include-path", TABLE, "--exclude-method", "GET", "--exclude-method", "HEAD", "--max-examples", "10",
                  "-H", "Prefer: return=representation, resolution=merge-duplicates")
        self.keep_to((empty, None, *everything), (staying, user, *everything), (full, user, *writes))
        self.assertEqual(self.stack.request("/auth/v1/user", Authorization=f"Bearer {user}")[0], 200, "the user is signed in no longer")
        self.keep_to((None, user, "--include-path", "/auth/v1/logout", "--max-examples", "8"))
        self.keep_to((spared, self.service, *everything))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, argv=sys.argv).result
    bad = len(result.failures) + len(result.errors) + len(result.skipped)
    print(f"{max(0, result.testsRun - bad)} passed, {bad} failed")
    sys.exit(1 if bad or not result.testsRun else 0)
