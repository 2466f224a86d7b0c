#!/usr/bin/env python3
"""README.md's first calls, taken out of it and run as they stand there: those in Python and those with curl.

    Tests/clients/readme.py [NAME...]      all, or the classes or tests of these names

Nothing is changed in them but the port, and between two lines the mail's link is followed where a
comment says so. Finds the stack in SUPABASE_URL, SANDBOX_URL and ANON_KEY. The last line is "N passed, N failed".
"""

import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests", "e2e"))
import program  # noqa: E402
from auth_client import follow, link_in, mail  # noqa: E402
from running_stack import environment  # noqa: E402

URL = os.environ["SUPABASE_URL"]
WRITTEN = "http://127.0.0.1:54321"
FOLLOW = re.compile(r"^# The mail is at .*: follow its link, then\n", re.M)


def block(language, holding):
    """The one block of a language with these words in it."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        blocks = [each for each in re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.M | re.S) if holding in each]
    assert len(blocks) == 1, f"{len(blocks)} blocks of {language} hold {holding!r}"
    return blocks[0].replace(WRITTEN, URL)


class Readme(unittest.TestCase):
    def test_python(self):
        text = block("python", "create_client")
        [email] = set(re.findall(r'"email": "([^"]+)"', text))
        before, after = FOLLOW.split(text)
        names = {"ANON_KEY": os.environ["ANON_KEY"]}
        exec(compile(before, "README.md", "exec"), names)  # noqa: S102
        follow(link_in(mail(email)))
        exec(compile(after, "README.md", "exec"), names)  # noqa: S102
        self.assertEqual(names["rows"], [{
            "display_name": "Ada Lovelace", "subscription": {"syncs_used": 0, "subscription_tier": {"slug": "free"}}}])

    def test_curl(self):
        text = block("sh", "scripts/token")
        port = str(urllib.parse.urlsplit(URL).port)
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=ROOT, env=environment(PORT=port), capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        profile, end = json.JSONDecoder().raw_decode(ran.stdout)
        rows = json.loads(ran.stdout[end:])
        self.assertIs(profile["success"], True, profile)
        self.assertEqual(rows, [{"display_name": "Ada Lovelace", "profile_slug": profile["profile_slug"]}])

    def test_the_rest_is_known(self):
        """A block in another language is run by nobody: none comes without that being seen."""
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            languages = re.findall(r"^```(\w+)$", file.read(), re.M)
        self.assertEqual(sorted(set(languages)), ["js", "python", "sh"])
        self.assertEqual((languages.count("js"), languages.count("python")), (1, 1))


if __name__ == "__main__":
    sys.exit(program.run())
