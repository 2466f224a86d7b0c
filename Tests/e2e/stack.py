#!/usr/bin/env python3
"""scripts/run as a newcomer meets it: what it prints works, what goes wrong is answered clearly, and
its end leaves nothing behind. Uses this clone's .env, and data folders of its own that go.

    stack.py [NAME...]      all, or the classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import program  # noqa: E402
from running_stack import CLUSTER, ROOT, UP, Stack, environment, processes, taken  # noqa: E402


class StackTest(unittest.TestCase):
    def stack(self, port=None, **environ):
        stack = Stack(port, **environ)
        self.addCleanup(stack.remove)
        return stack

    def wait_for(self, seconds, condition, what):
        until = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), until, f"not in {seconds} s: {what}")
            time.sleep(0.1)

    def assert_nothing_left(self, stack):
        self.assertFalse(taken(stack.port), "the port is still taken")
        self.assertFalse(taken(stack.port + 1000), "the database's port is still taken")
        self.assertEqual(processes(f"/tmp/streamvibe-{stack.port}."), [])
        self.assertEqual(processes(stack.data), [])
        self.assertEqual([name for name in os.listdir("/tmp") if name.startswith(f"streamvibe-{stack.port}.")], [])


class Start(StackTest):
    def test_ctrl_c_and_term_leave_nothing_and_the_second_start_is_quick(self):
        first = self.stack().until_up()
        self.assertEqual(first.stop(signal.SIGINT), 130)
        self.assert_nothing_left(first)
        second = self.stack(first.port).until_up()
        self.assertLess(second.seconds, 20)
        self.assertEqual(second.stop(signal.SIGTERM), 143)
        self.assert_nothing_left(second)

    def test_two_at_once_and_none_twice(self):
        first, second = self.stack(), self.stack()
        first.until_up()
        second.until_up()
        again = self.stack(first.port)
        output, _ = again.process.communicate(timeout=20)
        self.assertEqual(again.process.returncode, 1)
        self.assertIn(f"port {first.port} is taken", output)
        self.assertEqual(first.stop(), 143)
        self.assert_nothing_left(first)
        self.assertEqual(second.request("/health")[0], 200)

    def test_killed_it_takes_its_processes_along_and_starts_again(self):
        stack = self.stack().until_up()
        stack.process.kill()
        stack.process.wait()
        self.wait_for(20, lambda: not taken(stack.port), "the dispatcher ends")
        again = self.stack(stack.port).until_up()
        self.assertEqual(again.request("/health")[0], 200)

    def test_a_database_that_the_environment_names_is_used_and_left_running(self):
        first = self.stack().until_up()
        url = first.bash("cat .env")
        url = re.search(r"^DATABASE_URL=(\S+)$", url, re.M)[1].replace(":55321/", f":{first.port + 1000}/")
        second = self.stack(DATABASE_URL=url).until_up()
        self.assertEqual(second.request("/health")[0], 200)
        self.assertFalse(os.path.exists(os.path.join(second.data, "postgres")))
        self.assertFalse(taken(second.port + 1000))
        self.assertEqual(second.stop(), 143)
        self.assertTrue(taken(first.port + 1000))
        self.assertEqual(first.request("/health")[0], 200)

    def test_stopped_while_it_starts_it_leaves_nothing(self):
        stack = self.stack()
        for line in stack.process.stdout:
            if "Starting PostgreSQL" in line:
                break
        self.assertEqual(stack.stop(signal.SIGINT), 130)
        self.assert_nothing_left(stack)


class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.token = cls.stack.bash(f"PORT={cls.stack.port} scripts/token --email newcomer@example.com --create").strip()

    def call(self, token=None, body=b'{"display_name": "Ada Lovelace"}', name="Authorization"):
        return self.stack.request("/functions/v1/auth-profile-setup", body, **({name: f"Bearer {token}"} if token else {}))

    def assert_failure(self, answer, status, code):
        found, headers, body = answer
        self.assertEqual((found, body["success"], body["error"]["code"]), (status, False, code))
        self.assertEqual(body["error"]["request_id"], headers["x-request-id"])

    wait_for = StackTest.wait_for

    def test_the_printed_commands_work_as_they_stand(self):
        health, token, call = self.stack.commands()
        self.assertEqual(len(self.stack.commands()), 3)
        ran = subprocess.run(["bash", "-euc", f"cd /; {health}; echo; {token}; {call}"], env=environment(), capture_output=True, text=True, check=True)
        first, second = ran.stdout.splitlines()
        self.assertIn("status", json.loads(first))
        self.assertIs(json.loads(second)["success"], True)
        self.assertIn("profile_slug", json.loads(second))

    def test_the_keys_are_printed_and_no_other_secret(self):
        environ = self.stack.bash("cat .env")
        for name, value in re.findall(r"^(\w+)='?([^'\n]+)'?$", environ, re.M):
            if name in ("ANON_KEY", "SERVICE_ROLE_KEY"):
                self.assertIn(value, self.stack.printed)
            elif name.endswith(("_PASSWORD", "_KEY")):
                self.assertNotIn(value, self.stack.printed, name)

    def test_a_bad_token(self):
        self.assert_failure(self.call(self.token[:-4] + "AAAA"), 401, "UNAUTHORIZED")
        self.assert_failure(self.call(), 401, "UNAUTHORIZED")
        past = self.stack.bash(f"PORT={self.stack.port} scripts/token --email newcomer@example.com --expires -60").strip()
        self.assert_failure(self.call(past), 401, "UNAUTHORIZED")

    def test_a_body_of_two_megabytes(self):
        self.assert_failure(self.call(self.token, b'{"display_name": "' + b"a" * 2_000_000 + b'"}'), 413, "PAYLOAD_TOO_LARGE")

    def test_a_body_that_is_no_json(self):
        self.assert_failure(self.call(self.token, b"{"), 400, "INVALID_JSON")

    def test_an_unknown_path(self):
        self.assert_failure(self.stack.request("/functions/v1/nothing"), 404, "NOT_FOUND")

    def test_postgresql_stopped_and_started(self):
        folder, port = f"'{self.stack.data}/postgres'", self.stack.port + 1000
        self.stack.bash(CLUSTER + f"cluster_stop {folder} immediate")
        try:
            answer = self.call(self.token)
            self.assertEqual(answer[0], 503)
            self.assertIsNotNone(answer[1]["Retry-After"])
            self.assertEqual(self.stack.request("/health")[0], 503)
        finally:
            self.stack.bash(CLUSTER + f"cluster_start {folder} {port} streamvibe")
        self.wait_for(15, lambda: self.call(self.token)[0] == 200, "the function works again")
        self.wait_for(15, lambda: self.stack.request("/health")[0] == 200, "all is healthy again")

    def test_a_slow_statement_is_logged_by_its_name_and_its_request(self):
        self.assertEqual(self.call(self.token)[0], 200)
        url = re.search(r"^DATABASE_URL=(\S+)$", self.stack.bash("cat .env"), re.M)[1].replace(":55321/", f":{self.stack.port + 1000}/")
        # Whoever holds the rows of users lets the function wait.
        blocker = subprocess.Popen(
            ["psql", "-qAtX", url, "-c", "begin; lock table public.users; select 'held'; select pg_sleep(0.6); commit"], stdout=subprocess.PIPE, text=True)
        self.wait_for(10, lambda: "t" in self.stack.bash(
            f"psql -qAtX '{url}' -c \"select exists (select from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'public.users'::regclass)\""), "it is held")
        status, headers, _ = self.call(self.token)
        blocker.communicate()
        self.assertEqual(status, 200)
        with open(os.path.join(self.stack.data, "log"), encoding="utf-8") as file:
            slow = [json.loads(line) for line in file if "a statement was slow" in line]
        lines = [line for line in slow if line["request_id"] == headers["x-request-id"]]
        self.assertEqual(len(lines), 1, slow)
        self.assertEqual(lines[0]["level"], "warning")
        self.assertGreater(lines[0]["duration_ms"], 200)
        self.assertEqual(lines[0]["statement"], "completeProfile(with:)")

    def test_a_function_killed(self):
        def function():
            return [pid for pid in processes(f"/tmp/streamvibe-{self.stack.port}.") if self.name_of(pid) == "auth-profile-setup"]
        killed = function()
        self.assertEqual(len(killed), 1)
        os.kill(killed[0], signal.SIGKILL)
        self.wait_for(10, lambda: function() not in ([], killed), "the supervisor starts it again")
        self.wait_for(10, lambda: self.call(self.token)[0] == 200, "it works again")

    @staticmethod
    def name_of(pid):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.path.basename(file.read().split(b"\0")[0]).decode()


if __name__ == "__main__":
    sys.exit(program.run())
