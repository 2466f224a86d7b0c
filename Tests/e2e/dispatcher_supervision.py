"""The supervisor: starts, watches, restarts, and leaves nothing behind."""

import os
import signal
import socket
import time

from dispatcher_support import Load, StackTest, eventually, is_alive, reaches, together


class Starting(StackTest):
    def test_gives_a_service_its_variables_and_no_others(self):
        stack = self.stack(environment={"DATABASE_URL_EDGE": "postgres://x", "OTHER_SECRET": "s"})
        stack.service("one", names="RECORD,DATABASE_URL=DATABASE_URL_EDGE,MISSING")
        stack.start()
        environment = stack.get("/one").json["environment"]
        self.assertEqual(environment["DATABASE_URL"], "postgres://x")
        given = set(environment) - {"LD_LIBRARY_PATH", "LC_CTYPE", "NAME"}
        self.assertEqual(given, {"RECORD", "DATABASE_URL", "LISTEN", "METRICS_LISTEN"})

    def test_puts_each_service_in_a_group_of_its_own_with_no_signal_blocked(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        pid = stack.pid("one")
        self.assertEqual(os.getpgid(pid), pid)
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
        self.assertEqual(int(status["SigBlk"], 16), 0)
        # Python ignores SIGPIPE and SIGXFSZ by itself; posix_spawn has the C library's own two ignored.
        expected = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1 | 3 << 31
        self.assertEqual(int(status["SigIgn"], 16) & ~expected, 0)

    def test_hands_on_no_open_descriptor(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        links = [os.readlink(f"/proc/{stack.pid('one')}/fd/{fd}") for fd in ("0", "1", "2")]
        self.assertEqual(links[0], "/dev/null")
        inodes = set()
        for fd in os.listdir(f"/proc/{stack.process.pid}/fd"):
            try:
                inodes.add(os.readlink(f"/proc/{stack.process.pid}/fd/{fd}"))
            except OSError:
                pass
        pid = stack.pid("one")
        shared = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd") if int(fd) > 2]
        self.assertEqual([link for link in shared if link in inodes and link.startswith("socket:")], [])

    def test_refuses_to_start_with_a_list_it_cannot_read(self):
        stack = self.stack()
        stack.services["bad"] = "Bad name here"
        stack.write()
        stack.start(ready=False)
        self.assertEqual(stack.process.wait(5), 1)
        self.assertIn("line 2", stack.lines()[-1]["error"])

    def test_says_when_the_port_is_taken(self):
        stack = self.stack()
        stack.service("one")
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", stack.port))
            taken.listen()
            stack.start(ready=False)
            self.assertEqual(stack.process.wait(5), 1)
        self.assertIn("in use", stack.lines()[-1]["error"])
        self.assertEqual(stack.events(event="start"), [], "no service was started")


class Crashing(StackTest):
    def test_brings_a_killed_service_back_within_300_ms(self):
        stack = self.stack()
        names = ["a", "b", "c", "d", "e"]
        for name in names:
            stack.service(name)
        stack.start()
        times = []
        for name in names:
            pid = stack.pid(name)
            os.kill(pid, signal.SIGKILL)
            start = time.monotonic()
            eventually(lambda name=name, pid=pid: self.serves_anew(stack, name, pid), within=3)
            times.append(time.monotonic() - start)
        self.assertLess(sorted(times)[2], 0.3, times)

    def serves_anew(self, stack, name, pid):
        answer = stack.get(f"/{name}/pid")
        return answer.status == 200 and answer.json["pid"] != pid

    def test_holds_requests_back_while_a_killed_service_restarts(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        load = Load(stack, "/one?sleep=0", threads=2)
        time.sleep(0.3)
        os.kill(stack.pid("one"), signal.SIGKILL)
        time.sleep(0.7)
        load.stop()
        # Those in flight at that moment may fail, one a connection; a GET on a used connection is sent again.
        self.assertLessEqual(len(load.failures), 2, load.failures)
        self.assertGreater(load.count, 100)

    def test_finds_a_service_again_that_could_not_be_reached_for_a_while(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        pid = stack.pid("one")
        socket_path = stack.get("/one").json["environment"]["LISTEN"][5:]
        os.rename(socket_path, socket_path + ".away")
        # Connections that are open go on; new ones are refused.
        eventually(lambda: {answer.status for answer in together(8, lambda _: stack.get("/one?sleep=0.1"))} != {200})
        os.rename(socket_path + ".away", socket_path)
        eventually(lambda: {answer.status for answer in together(8, lambda _: stack.get("/one?sleep=0.1"))} == {200})
        self.assertEqual(stack.pid("one"), pid)

    def test_tells_a_crash_loop_from_a_crash(self):
        stack = self.stack()
        stack.service("good")
        stack.service("bad", CRASH=1)
        stack.start(ready=False)
        eventually(lambda: stack.get("/health").json["checks"]["bad"]["state"] == "crash_loop", within=15)
        starts = [line for line in stack.lines() if line["message"] == "a service ended unexpectedly"]
        self.assertEqual(len(starts), 5)
        self.assertEqual({line["end"] for line in starts}, {"exit status 7"})
        health = stack.get("/health")
        self.assertEqual(health.status, 503)
        self.assertTrue(health.json["checks"]["good"]["ok"])
        self.assertEqual(stack.get("/health/live").status, 200)
        self.assertEqual(stack.get("/good").status, 200)
        start = time.monotonic()
        self.assertEqual(stack.get("/bad").status, 503)
        self.assertLess(time.monotonic() - start, 0.1, "it fails fast")
        time.sleep(3)
        starts = [line for line in stack.lines() if line["message"] == "a service ended unexpectedly"]
        self.assertEqual(len(starts), 5, "it is left in peace")

    def test_a_missing_executable_is_a_crash_loop_that_a_reload_ends(self):
        stack = self.stack()
        stack.service("one", binary=os.path.join(stack.folder, "one"))
        stack.start(ready=False)
        eventually(lambda: stack.get("/health").json["checks"]["one"]["state"] == "crash_loop", within=15)
        stack.program("one")
        stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: stack.get("/one").status == 200)


class Stopping(StackTest):
    def test_finishes_requests_then_ends_its_services_then_itself(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        pid = stack.pid("one")
        slow = Load(stack, "/one?sleep=1", threads=3)
        time.sleep(0.3)
        slow.running = False
        stack.process.send_signal(signal.SIGTERM)
        eventually(lambda: not reaches(f"127.0.0.1:{stack.port}"), what="the listener closing")
        slow.stop()
        self.assertEqual((slow.failures, slow.count), ([], 3))
        self.assertEqual(stack.process.wait(5), 0)
        self.assertFalse(is_alive(pid))
        self.assertEqual(len(stack.events(event="stop")), 1, "the service ended by itself")
        self.assertEqual(os.listdir(os.path.join(stack.folder, "run")), [])

    def test_kills_a_service_that_does_not_end(self):
        stack = self.stack(environment={"DRAIN_SECONDS": "1"})
        stack.service("one")
        stack.start()
        pid = stack.pid("one")
        os.kill(pid, signal.SIGSTOP)
        stack.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        stack.process.send_signal(signal.SIGINT)
        self.assertEqual(stack.process.wait(5), 0)
        eventually(lambda: not is_alive(pid))

    def test_leaves_no_service_behind_when_it_is_killed(self):
        stack = self.stack()
        stack.service("one")
        stack.service("two")
        stack.start()
        pids = [stack.pid("one"), stack.pid("two")]
        stack.process.kill()
        stack.process.wait()
        eventually(lambda: not any(map(is_alive, pids)), within=1, what="the services ending")
        start = time.monotonic()
        stack.start(ready=False)
        eventually(lambda: stack.get("/one").status == 200)
        self.assertLess(time.monotonic() - start, 1.0)
