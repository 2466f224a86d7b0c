"""SIGHUP: what changed is replaced, under load and without a failed request."""

import signal
import time

from dispatcher_support import Load, StackTest, eventually, is_alive


class Replacing(StackTest):
    def replace(self, stack, **variables):
        stack.program("one", **variables)
        stack.process.send_signal(signal.SIGHUP)

    def test_replaces_a_changed_executable_under_load_without_a_failed_request(self):
        stack = self.stack()
        stack.service("one", VERSION=1)
        stack.start()
        gets = Load(stack, "/one?sleep=0.01", threads=6)
        posts = Load(stack, "/one?sleep=0.02", threads=6, method="POST")
        for version in (2, 3, 4):
            time.sleep(0.4)
            self.replace(stack, VERSION=version)
            eventually(lambda version=version: stack.get("/one").json["version"] == str(version))
        time.sleep(0.4)
        gets.stop()
        posts.stop()
        self.assertEqual(gets.failures + posts.failures, [])
        self.assertEqual(set(gets.versions), {"1", "2", "3", "4"})
        eventually(lambda: len(stack.events(event="stop")) == 3, what="the old ones having stopped")

    def test_lets_the_old_process_finish_what_it_has(self):
        stack = self.stack()
        stack.service("one", VERSION=1)
        stack.start()
        slow = Load(stack, "/one?sleep=2", threads=1)
        time.sleep(0.3)
        slow.running = False
        self.replace(stack, VERSION=2)
        eventually(lambda: stack.get("/one").json["version"] == "2")
        slow.stop()
        self.assertEqual((slow.failures, slow.versions), ([], {"1": 1}))

    def test_keeps_the_old_process_when_the_new_one_does_not_get_ready(self):
        stack = self.stack()
        stack.service("one", VERSION=1)
        stack.start()
        pid = stack.pid("one")
        load = Load(stack, "/one")
        self.replace(stack, VERSION=2, CRASH=1)
        eventually(lambda: any("stays as it was" in line["message"] for line in stack.lines()))
        time.sleep(0.3)
        load.stop()
        self.assertEqual((load.failures, set(load.versions)), ([], {"1"}))
        self.assertEqual(stack.pid("one"), pid)

    def test_leaves_alone_what_has_not_changed(self):
        stack = self.stack()
        stack.service("one")
        stack.service("two")
        stack.start()
        before = stack.pid("one"), stack.pid("two")
        stack.program("two", VERSION=2)
        stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: stack.pid("two") != before[1])
        self.assertEqual(stack.pid("one"), before[0])

    def test_replaces_a_service_whose_settings_changed(self):
        stack = self.stack(environment={"A": "1", "B": "2"})
        stack.service("one", names="RECORD,SETTING=A")
        stack.start()
        self.assertEqual(stack.get("/one").json["environment"]["SETTING"], "1")
        stack.services["one"] = stack.services["one"].replace("SETTING=A", "SETTING=B")
        stack.write()
        stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: stack.get("/one").json["environment"]["SETTING"] == "2")

    def test_adds_and_removes_services(self):
        stack = self.stack()
        stack.service("one")
        stack.service("two")
        stack.start()
        gone = stack.pid("two")
        del stack.services["two"]
        stack.service("three")
        stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: stack.get("/three").status == 200)
        self.assertEqual(stack.get("/two").status, 404)
        eventually(lambda: not is_alive(gone))
        eventually(lambda: set(stack.get("/health").json["checks"]) == {"one", "three"})

    def test_keeps_everything_when_the_new_list_cannot_be_read(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        pid = stack.pid("one")
        stack.services["bad"] = "one two"
        stack.write()
        stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: any("could not reload" in line["message"] for line in stack.lines()))
        self.assertEqual(stack.pid("one"), pid)
