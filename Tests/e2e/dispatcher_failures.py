"""What the dispatcher does when a service is slow, broken, full or away."""

import json
import os
import signal
import socket
import threading
import time

from dispatcher_support import StackTest, eventually, free_port, together


class Broken(StackTest):
    def setUp(self):
        self.one = self.stack(environment={"REQUEST_SECONDS": "1"})
        self.one.service("one")
        self.one.start()

    def check(self, answer, status, code):
        self.assertEqual((answer.status, answer.json["error"]["code"]), (status, code))
        self.assertEqual(answer.field("access-control-allow-origin"), "*")
        self.assertEqual(answer.json["error"]["request_id"], answer.field("x-request-id"))

    def test_answers_502_when_a_service_gives_no_valid_answer(self):
        for action in ("drop", "garbage", "both-lengths"):
            with self.subTest(action):
                self.check(self.one.get(f"/one/{action}"), 502, "UPSTREAM_FAILED")
        self.assertEqual(self.one.get("/one").status, 200)

    def test_answers_504_when_a_service_takes_too_long(self):
        start = time.monotonic()
        self.check(self.one.get("/one?sleep=5"), 504, "UPSTREAM_TIMEOUT")
        self.assertAlmostEqual(time.monotonic() - start, 1.0, delta=0.3)

    def test_cuts_an_answer_off_that_a_service_breaks_off(self):
        for path in ("half", "chunks?break=1"):
            with self.subTest(path):
                got = self.one.raw(f"GET /one/{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                self.assertTrue(got.startswith(b"HTTP/1.1 200"))
                self.assertFalse(got.endswith(b"\r\n0\r\n\r\n"), "it must not look complete")

    def test_gives_nothing_of_a_broken_answer_to_anybody_else(self):
        for path in ("/one/x", "/health", "/nowhere"):
            with self.subTest(path):
                self.one.raw(b"GET /one/bad-chunk HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = self.one.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
                self.assertNotIn(b"ecret", answer)

    def test_cuts_an_answer_off_that_takes_too_long(self):
        start = time.monotonic()
        got = self.one.raw(b"GET /one/chunks?count=100&gap=0.1 HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertAlmostEqual(time.monotonic() - start, 1.0, delta=0.4)
        self.assertFalse(got.endswith(b"\r\n0\r\n\r\n"))

    def test_refuses_bodies_that_are_too_large(self):
        stack = self.stack(environment={"MAX_BODY_BYTES": "1000"})
        stack.service("one")
        stack.start()
        self.assertEqual(stack.request("POST", "/one", b"x" * 1000).status, 200)
        before = len(stack.events(event="request"))
        self.check(stack.request("POST", "/one", b"x" * 1001), 413, "PAYLOAD_TOO_LARGE")
        self.assertEqual(len(stack.events(event="request")), before)
        got = stack.raw(b"POST /one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"258\r\n" + b"x" * 600
                        + b"\r\n" + b"258\r\n" + b"x" * 600 + b"\r\n0\r\n\r\n")
        self.assertTrue(got.startswith(b"HTTP/1.1 413"), got)

    def test_answers_malformed_requests_in_the_envelope(self):
        got = self.one.raw(b"GET /one HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
        head, _, body = got.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 400"))
        self.assertIn(b"Connection: close", head)
        error = json.loads(body)["error"]
        self.assertEqual(error["code"], "INVALID_REQUEST")
        self.assertIn(error["request_id"].encode(), head)

    def test_a_body_that_breaks_the_rules_reaches_the_service_as_an_abort_or_not_at_all(self):
        head = b"POST /one HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nTransfer-Encoding: chunked\r\n\r\n"
        got = self.one.raw(head + b"3\r\nabcX\r\n")
        self.assertTrue(got.startswith(b"HTTP/1.1 400"), got)
        self.assertIn(b'"request_id":"mine"', got)
        self.assertEqual(self.one.events(event="request", method="POST"), [])
        with self.one.connect() as connection:
            connection.sendall(head + b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
            eventually(lambda: self.one.events(event="request", method="POST"))
            before = len(self.one.events(event="gone"))
            connection.sendall(b"3\r\nabcX\r\n")
            got = connection.makefile("rb").read()
        self.assertTrue(got.startswith(b"HTTP/1.1 400"), got)
        eventually(lambda: len(self.one.events(event="gone")) > before)


class Full(StackTest):
    def test_a_slow_service_does_not_slow_others(self):
        stack = self.stack(environment={"UPSTREAM_CONCURRENCY": "4", "UPSTREAM_QUEUE": "4"})
        stack.service("slow")
        stack.service("quick")
        stack.start()
        answers = []
        hold = threading.Thread(target=lambda: answers.extend(
            together(20, lambda _: (stack.get("/slow?sleep=3"), time.monotonic()))))
        start = time.monotonic()
        hold.start()
        time.sleep(0.2)
        for _ in range(50):
            begin = time.monotonic()
            self.assertEqual(stack.get("/quick").status, 200)
            self.assertLess(time.monotonic() - begin, 0.2)
        hold.join()
        statuses = sorted((answer.status, round(at - start)) for answer, at in answers)
        # Four are served, four wait a second in vain, the others are refused at once.
        self.assertEqual(statuses, [(200, 3)] * 4 + [(503, 0)] * 12 + [(503, 1)] * 4)
        for answer, _ in answers:
            if answer.status == 503:
                self.assertEqual(answer.json["error"]["code"], "UNAVAILABLE")
                self.assertEqual(answer.field("retry-after"), "1")

    def test_clients_that_dawdle_over_a_body_take_no_place_from_others(self):
        for body, announced in ((b"x", 4000), (b"x" * 20_000, 100_000)):
            with self.subTest(announced):
                stack = self.stack(environment={"UPSTREAM_CONCURRENCY": "3", "UPSTREAM_QUEUE": "3"})
                stack.service("one")
                stack.start()
                for _ in range(12):
                    slow = stack.connect()
                    self.addCleanup(slow.close)
                    slow.sendall(f"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: {announced}\r\n\r\n".encode() + body)
                time.sleep(0.2)
                for method, given in (("GET", None), ("POST", b"y" * 1000)) * 5:
                    begin = time.monotonic()
                    self.assertEqual(stack.request(method, "/one", given).status, 200)
                    self.assertLess(time.monotonic() - begin, 0.3)

    def test_clients_that_dawdle_over_an_answer_take_no_place_from_others(self):
        stack = self.stack(environment={"UPSTREAM_CONCURRENCY": "3", "UPSTREAM_QUEUE": "3"})
        stack.service("one")
        stack.start()
        slow = []
        for _ in range(9):
            connection = socket.socket()
            self.addCleanup(connection.close)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", stack.port))
            connection.sendall(b"GET /one/large?size=50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            slow.append(connection)
            eventually(lambda: len(stack.events(event="request")) == len(slow))
            time.sleep(0.1)
        begin = time.monotonic()
        self.assertEqual(stack.get("/one").status, 200)
        self.assertLess(time.monotonic() - begin, 0.3)
        self.assertEqual(len(stack.events(event="gone")), 6, "there are no more of them than places")

    def test_requests_wait_for_a_place_and_keep_their_bodies(self):
        stack = self.stack(environment={"UPSTREAM_CONCURRENCY": "2", "UPSTREAM_QUEUE": "100"})
        stack.service("one")
        stack.start()
        body = b"z" * 300_000
        answers = together(10, lambda _: stack.request("POST", "/one?sleep=0.05", body))
        self.assertEqual({(answer.status, answer.json["length"]) for answer in answers}, {(200, len(body))})

    def test_one_that_leaves_the_queue_takes_no_place(self):
        stack = self.stack(environment={"UPSTREAM_CONCURRENCY": "1"})
        stack.service("one")
        stack.start()
        hold = threading.Thread(target=lambda: stack.get("/one/hold?sleep=0.7"))
        hold.start()
        time.sleep(0.2)
        with stack.connect() as leaving:
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            leaving.sendall(b"GET /one/left HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.1)
        self.assertEqual(stack.get("/one/stayed").status, 200)
        hold.join()
        targets = [event["target"] for event in stack.events(event="request")]
        self.assertNotIn("/one/left", targets)

    def test_tunnels_take_no_places(self):
        stack = self.stack(environment={"UPSTREAM_CONCURRENCY": "2"})
        stack.service("realtime", "/realtime/v1")
        stack.start()
        tunnels = []
        for _ in range(10):
            connection = stack.connect()
            self.addCleanup(connection.close)
            connection.sendall(b"GET /realtime/v1/websocket HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            self.assertIn(b"101", connection.recv(4096))
            tunnels.append(connection)
        self.assertEqual(stack.get("/realtime/v1/x").status, 200)
        start = time.monotonic()
        stack.process.send_signal(signal.SIGTERM)
        stack.process.wait(10)
        self.assertLess(time.monotonic() - start, 2, "tunnels hold up no end")


class Retrying(StackTest):
    """Services that the dispatcher does not run."""

    def stack_with(self, address, **environment):
        stack = self.stack(supervises=False, environment={"UPSTREAMS": f"one={address}", **environment})
        return stack

    def test_sends_a_get_again_when_its_idle_connection_was_closed(self):
        stack = self.stack(supervises=False)
        address = f"127.0.0.1:{free_port()}"
        stack.environment["UPSTREAMS"] = f"one={address}"
        stack.backend("one", address)
        stack.start()
        for method in ("GET", "HEAD", "DELETE"):
            for _ in range(20):
                # It answers, and closes a moment later, as the next request is on its way.
                stack.request(method, "/one/close-idle?after=0.001")
                time.sleep(0.0008)
                self.assertEqual(stack.request(method, "/one/x").status, 200)

    def test_does_not_send_a_post_again_that_may_have_arrived(self):
        stack = self.stack(supervises=False)
        _, address = stack.backend("one")
        stack.environment["UPSTREAMS"] = f"one={address}"
        stack.start()
        self.assertEqual(stack.get("/one").status, 200)  # so that the next goes over a used connection
        self.assertEqual(stack.request("POST", "/one/drop", b"x").status, 502)
        self.assertEqual(stack.request("POST", "/one/drop").status, 502)
        self.assertEqual(len([e for e in stack.events(method="POST")]), 2)
        self.assertEqual(stack.get("/one").status, 200)
        self.assertEqual(stack.get("/one/drop").status, 502)
        self.assertEqual(len(stack.events(method="GET", target="/one/drop")), 2, "a GET is sent once more, not twice")

    def test_sends_a_post_of_which_nothing_was_sent_over_another_connection(self):
        stack = self.stack(supervises=False)
        process, address = stack.backend("one")
        stack.environment["UPSTREAMS"] = f"one={address}"
        stack.start()
        for _ in range(5):
            self.assertEqual(stack.get("/one").status, 200)
            os.kill(stack.process.pid, signal.SIGSTOP)  # so that it learns of the new process too late
            process.kill()
            process.wait()
            os.unlink(address[5:])
            process, _ = stack.backend("one")
            with stack.connect() as client:
                client.sendall(b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
                os.kill(stack.process.pid, signal.SIGCONT)
                answer = client.makefile("rb").read()
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
            self.assertIn(b'"length": 5', answer)

    def test_fails_fast_while_a_service_is_down_and_finds_it_again(self):
        stack = self.stack(supervises=False)
        port = free_port()
        stack.environment["UPSTREAMS"] = f"one=localhost:{port}"
        stack.start(ready=False)
        time.sleep(1.3)
        begin = time.monotonic()
        answers = [stack.get("/one") for _ in range(20)]
        self.assertLess(time.monotonic() - begin, 1)
        self.assertEqual({answer.status for answer in answers}, {503})
        process, _ = stack.backend("one", f"127.0.0.1:{port}")
        eventually(lambda: stack.get("/one").status == 200, within=3)
        process.kill()
        process.wait()
        eventually(lambda: stack.get("/one").status == 503, within=3)
        begin = time.monotonic()
        self.assertEqual(stack.get("/one").status, 503)
        self.assertLess(time.monotonic() - begin, 0.2)
        stack.backend("one", f"127.0.0.1:{port}")
        eventually(lambda: stack.get("/one").status == 200, within=3)
        self.assertEqual(stack.get("/health").status, 200)
