#!/usr/bin/env python3
"""Each phase's collection against a stack of their own: it passes, and it fails wherever an expectation is wrong.

    postman.py [NAME...]      all, or the classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import program
from running_stack import ROOT, Stack, environment

FOLDER = os.path.join(ROOT, "Tests", "postman")
# A twin each: the item, what it says, and what would be wrong.
TWINS_1 = [
    ("0.1 The stack is up and the keys are set", "to.equal('ok')", "to.equal('fine')"),
    ("1.1 Sign Up (Email/Password)", "to.eql(['authenticated', 'authenticated'])", "to.eql(['authenticated', 'anon'])"),
    ("1.1.1 A weak password", "to.equal('weak_password')", "to.equal('validation_failed')"),
    ("1.2.1 The confirmation arrives", "to.have.lengthOf(1)", "to.have.lengthOf(2)"),
    ("1.2 Confirm Email", "type: 'signup'", "type: 'recovery'"),
    ("1.2.8 The link again", "status(303)", "status(200)"),
    ("1.3 Sign In", "to.equal('bearer')", "to.equal('mac')"),
    ("1.3.12 Refresh again since the answer was lost", "get('child_refresh')", "get('second_refresh')"),
    ("1.4 Setup Profile (POST /auth-profile-setup)", "to.eql([true, true])", "to.eql([true, false])"),
    ("1.4.3 Every field wrong", "'website_url'", "'category'"),
    ("1.5 Get Profile (GET /rest/users?id=eq.{user_id})", "is_verified: false", "is_verified: true"),
    ("1.5.5 The second person's profile", "to.eql([])", "to.have.lengthOf(1)"),
    ("1.6 Update Profile (PATCH /rest/users?id=eq.{user_id})", "bio: 'Poetical science.'", "bio: 'Notes on the engine.'"),
    ("1.6.11 Verified by oneself", "status(403)", "status(204)"),
    ("1.7 Get Subscription Info", "slug: 'free'", "slug: 'basic'"),
    ("1.8 Check Quotas", "max_seo_submissions_per_month: 0", "max_seo_submissions_per_month: 50"),
    ("1.8.3 No SEO submission is left", "to.equal(false)", "to.equal(true)"),
    ("1.10.9 A stolen refresh token, used long after", "status(400)", "status(200)"),
]
TWINS_2 = [
    ("2.1 Get YouTube OAuth URL (POST /oauth-youtube-init)", "to.equal('S256')", "to.equal('plain')"),
    ("2.1.6 Leading to another site", "status(422)", "status(200)"),
    ("2.1.17 States are nobody's to read", "status(403)", "status(200)"),
    ("2.2.3 The browser comes back", "/oauth/callback'", "/elsewhere'"),
    ("2.2.4 Which links nothing", "to.eql([])", "to.have.lengthOf(1)"),
    ("2.2.5 The second creator finishes it", "status(400)", "status(200)"),
    ("2.2 Simulate YouTube Callback (POST /oauth-youtube-callback)", "to.equal('youtube')", "to.equal('tiktok')"),
    ("2.2.14 The same again", "'STATE_INVALID'", "'CONFLICT'"),
    ("2.3 Verify Connection Created", "is_active).to.equal(true)", "is_active).to.equal(false)"),
    ("2.4 Verify Token in Vault (admin check)", "'_youtube_'", "'_tiktok_'"),
    ("2.5 Verify Social Account Created", "'active', true", "'active', false"),
    ("2.6 Test Max Accounts Quota (try to add 2nd account on free tier)", "limit: 1", "limit: 3"),
    ("2.6.2 Is refused at the callback", "status(403)", "status(200)"),
    ("2.6.8 A channel that is somebody else's", "status(409)", "status(200)"),
    ("2.7 List User's Social Accounts", "get('account_id')", "get('other_account_id')"),
    ("2.8 Disconnect Account (soft delete)", "status(200)", "status(204)"),
    ("2.8.10 The list is empty", "to.eql([])", "to.have.lengthOf(1)"),
]
TWINS_3 = [
    ("3.1 Sync YouTube Videos (POST /sync-youtube)", "eql([4, 0, 4, 0])", "eql([5, 0, 5, 0])"),
    ("3.2 Verify Content Created", "views_count: 1234", "views_count: 0"),
    ("3.2.1 What is live waits until it is over", "to.eql([])", "to.have.lengthOf(1)"),
    ("3.3 Test Deduplication (sync same video again)", "eql([0, 0, 4, 0])", "eql([4, 0, 4, 0])"),
    ("3.3.1 Each item is there once", "updated_at).to.equal", "updated_at).to.not.equal"),
    ("3.3.7 The changed fields left a revision", "['tags', 'sync']", "['tags', 'user']"),
    ("3.4 Search Content (Full-text)", "get('newest')", "get('video')"),
    ("3.4.14 Everybody's", "to.eql([])", "to.have.lengthOf(1)"),
    ("3.5 Filter by Tags", "get('video')", "get('short')"),
    ("3.6 Test Soft Delete", "get('short')", "get('video')"),
    ("3.6.3 Does not bring it back", "get('newest')", "get('short')"),
    ("3.7 Test Quota Enforcement (exceed 10 syncs on free tier)", "used: 10", "used: 11"),
    ("3.8 Test RLS (try to access other user's content)", "to.eql([])", "to.have.lengthOf(1)"),
    ("3.8.15 All is as it was", "'My own words'", "'Taken over'"),
]
TEST = re.compile(r"^( *)pm\.test\('((?:[^'\\]|\\.)*)', \(\) => \{\n(.*?)^\1\}\);", re.M | re.S)
EXPECTATION = re.compile(r"pm\.response\.to\.have\.status\(\d+\)|pm\.response\.to\.have\.header\('[^']*'(?:, (?:'[^']*'|[^;]*?))?\)(?=;)|\.to\.(?:not\.)?")


def walk(node):
    """Every item that is a request."""
    for child in node.get("item", []):
        yield from walk(child) if "item" in child else [child]


def script(item):
    return next(event["script"] for event in item["event"] if event["listen"] == "test")


def reversed_one(expectation):
    """The expectation, wrong."""
    if "status(" in expectation:
        return re.sub(r"\d+", lambda number: str(int(number[0]) + 1), expectation)
    if "header(" in expectation:
        return re.sub(r"(.*)\)$", r"\1 + 'x')" if "," in expectation else r"\1, 'x')", expectation)
    return ".to." if "not" in expectation else ".to.not."


def reversed_copy(collection, place):
    """A copy in which every test's expectation number `place` is wrong, and the tests that have one."""
    collection, changed = copy.deepcopy(collection), set()
    for item in walk(collection):
        def test_of(found, item=item):
            body, at = found[3], list(EXPECTATION.finditer(found[3]))
            if place >= len(at):
                return found[0]
            changed.add((item["name"], found[2].replace("\\'", "'")))
            wrong = body[:at[place].start()] + reversed_one(at[place][0]) + body[at[place].end():]
            return found[0].replace(body, wrong)
        script(item)["exec"] = TEST.sub(test_of, "\n".join(script(item)["exec"])).split("\n")
    return collection, changed


stack = None


def setUpModule():
    global stack
    # Some three hundred sign-ups come from here, and each run waits until a token is old.
    stack = Stack(AUTH_RATE_LIMITS="off", AUTH_REFRESH_REUSE_SECONDS="1")
    unittest.addModuleCleanup(stack.remove)
    stack.until_up()


class Phase:
    """What holds for each; the collection and its twins are the phase's own."""

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(FOLDER, cls.name), encoding="utf-8") as file:
            cls.collection = json.load(file)

    def run_collection(self, collection, *options):
        """(exit code, what it printed, {(item, test): what went wrong})"""
        with tempfile.TemporaryDirectory() as folder:
            tool, files = os.path.join(ROOT, "scripts", "postman"), [os.path.join(folder, name) for name in ("keys", "collection", "report")]
            environ = environment(PORT=str(stack.port))
            subprocess.run([tool, "--make-environment", files[0]], env=environ, check=True)
            with open(files[1], "w", encoding="utf-8") as file:
                json.dump(collection, file)
            ran = subprocess.run(
                [tool, files[1], "--environment", files[0], "--reporters", "cli,json", "--reporter-json-export", files[2],
                 "--env-var", "reuse_ms=1500", *options],
                env=environ, capture_output=True, text=True, check=False, timeout=300)
            with open(files[2], encoding="utf-8") as file:
                executions = json.load(file)["run"]["executions"]
        wrong = {(each["item"]["name"], made["assertion"]): made["error"]["message"] for each in executions for made in each["assertions"] if made.get("error")}
        return ran.returncode, ran.stdout + ran.stderr, wrong

    def test_the_collection_passes(self):
        code, printed, wrong = self.run_collection(self.collection)
        self.assertEqual((code, wrong), (0, {}), printed)
        self.assertRegex(printed.splitlines()[-1], r"^\d{3} passed, 0 failed$")

    def test_it_passes_again_beside_what_the_first_run_left(self):
        self.assertEqual(self.run_collection(self.collection, "-n", "2")[::2], (0, {}))

    def test_each_broken_twin_fails_where_it_is_broken(self):
        for name, right, wrong in self.twins:
            with self.subTest(name):
                twin = copy.deepcopy(self.collection)
                item = next(each for each in walk(twin) if each["name"] == name)
                text = "\n".join(script(item)["exec"])
                self.assertIn(right, text)
                script(item)["exec"] = text.replace(right, wrong, 1).split("\n")
                code, printed, failed = self.run_collection(twin)
                self.assertEqual((code, {item for item, _ in failed}), (1, {name}), printed)
                self.assertRegex(printed.splitlines()[-1], r"^\d+ passed, 1 failed$")

    def test_every_single_expectation_can_fail(self):
        place = 0
        while True:
            twin, changed = reversed_copy(self.collection, place)
            if not changed:
                break
            code, printed, failed = self.run_collection(twin)
            self.assertEqual(code, 1)
            self.assertEqual(set(failed), changed, printed)
            place += 1
        self.assertGreater(place, 3)

    def test_every_test_has_an_expectation_that_can_be_turned(self):
        for item in walk(self.collection):
            text = "\n".join(script(item)["exec"])
            self.assertEqual(len(TEST.findall(text)), text.count("pm.test("), item["name"])
            for _, name, body in TEST.findall(text):
                self.assertTrue(EXPECTATION.search(body), f"{item['name']}: {name}")


class Phase1(Phase, unittest.TestCase):
    name, twins = "Phase_1_User_Onboarding.postman_collection.json", TWINS_1


class Phase2(Phase, unittest.TestCase):
    name, twins = "Phase_2_Platform_OAuth.postman_collection.json", TWINS_2


class Phase3(Phase, unittest.TestCase):
    name, twins = "Phase_3_Content_Sync.postman_collection.json", TWINS_3


if __name__ == "__main__":
    sys.exit(program.run())
