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


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.url = f"http://127.0.0.1:{cls.stack.port}/openapi.json"

    def test_it_is_valid_openapi_3_1(self):
        status, headers, description = self.stack.request("/openapi.json")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("application/json"))
        self.assertEqual(description["openapi"], "3.1.0")
        script = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))"
        subprocess.run([os.path.join(TOOLS, "python"), "-c", script], input=json.dumps(description), text=True, check=True)

    def test_it_has_every_service(self):
        _, _, description = self.stack.request("/openapi.json")
        with open(os.path.join(ROOT, ".build", "catalog", "services.json"), encoding="utf-8") as file:
            names = [service["name"] for service in json.load(file) if service["kind"] == "function"]
        for name in names:
            self.assertIn(f"/functions/v1/{name}", description["paths"])

    def test_every_answer_is_as_described(self):
        token = self.stack.bash(f"PORT={self.stack.port} scripts/token --email schema@example.com --create").strip()
        for credentials in ([], ["-H", f"Authorization: Bearer {token}"]):
            with self.subTest(signed_in=bool(credentials)), tempfile.TemporaryDirectory() as folder:
                ran = subprocess.run(
                    [os.path.join(TOOLS, "schemathesis"), "run", self.url, *credentials, "--max-examples", "60", "--seed", "1",
                     "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--no-color"],
                    capture_output=True, text=True, check=False, cwd=folder)
                self.assertEqual(ran.returncode, 0, ran.stdout[-4000:])
                self.assertRegex(ran.stdout, r"[1-9][0-9]+ generated")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, argv=sys.argv).result
    bad = len(result.failures) + len(result.errors) + len(result.skipped)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad or not result.testsRun else 0)
