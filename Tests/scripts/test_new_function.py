"""scripts/new-function: which names it takes, and that what it writes keeps the layout's rules."""

import os
import shutil
import subprocess
import tempfile
import unittest

import layers
from package import ROOT, Package, tracked

COPIED = ("Package.swift", "Sources/", "functions/", "scripts/")


class NewFunction(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = [path for path in tracked(ROOT) if path.startswith(COPIED)]

    def setUp(self):
        self.tree = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.tree)
        for path in self.files:
            os.makedirs(os.path.dirname(os.path.join(self.tree, path)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, path), os.path.join(self.tree, path))

    def make(self, name):
        return subprocess.run([os.path.join(self.tree, "scripts", "new-function"), "--no-build", "--", name],
                              capture_output=True, text=True, check=False)

    def test_what_it_writes_keeps_every_rule_and_the_format(self):
        for name in ("say-hello", "a-first"):
            self.assertEqual(self.make(name).returncode, 0)
        rules = layers.Rules(self.tree)
        rules.check()
        self.assertEqual(rules.errors, [])
        self.assertEqual(list(Package(self.tree).functions), sorted({"a-first", "say-hello", *Package().functions}))
        linted = subprocess.run(
            ["swift", "format", "lint", "--strict", "--recursive", "--configuration", os.path.join(ROOT, ".swift-format"),
             "Package.swift", "functions", "Tests"], cwd=self.tree, capture_output=True, text=True, check=False)
        self.assertEqual((linted.returncode, linted.stderr), (0, ""))

    def test_its_files_bear_its_name(self):
        self.make("say-hello")
        for path in ("functions/say-hello/SayHello.swift", "Tests/FunctionTests/SayHelloTests.swift"):
            with open(os.path.join(self.tree, path), encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn("emplate", text)
            self.assertIn("SayHello", text)

    def test_a_name_that_is_not_kebab_case_is_refused(self):
        for name in ("SayHello", "say_hello", "say--hello", "-say", "say-", "", "9-lives", "say-2", "a/b", "x" * 61):
            ran = self.make(name)
            self.assertEqual(ran.returncode, 1, name)
            self.assertIn("is not kebab-case", ran.stderr)

    def test_a_name_that_is_taken_is_refused(self):
        self.assertEqual(self.make("say-hello").returncode, 0)
        before = sorted(os.walk(os.path.join(self.tree, "functions")))
        for name in ("say-hello", "auth-profile-setup", "sayhello", "dispatcher", "core", "auth", "health", "rest"):
            ran = self.make(name)
            self.assertEqual(ran.returncode, 1, name)
            self.assertRegex(ran.stderr, "there is a|is taken by")
        self.assertEqual(sorted(os.walk(os.path.join(self.tree, "functions"))), before)
