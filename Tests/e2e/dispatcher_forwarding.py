"""The forwarder: what goes through, both ways."""

import hashlib
import json
import socket
import threading
import time

from dispatcher_support import Stack, StackTest, echoed, eventually


class Forwarding(StackTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = Stack()
        cls.addClassCleanup(cls.shared.stop)
        for name in ("one", "oauth-x-callback", "robots", "sitemap"):
            cls.shared.service(name)
        cls.shared.service("rest", "/rest/v1,/rest")
        cls.shared.service("auth", "/auth/v1")
        cls.shared.service("realtime", "/realtime/v1")
        cls.shared.start()

    # -- paths

    def test_finds_each_service_by_its_paths_and_hands_on_the_target_as_it_came(self):
        for target, name in [
            ("/functions/v1/one", "one"), ("/one", "one"), ("/one/", "one"), ("/one?a=%2F&b=/../x", "one"),
            ("/functions/v1/oauth-x-callback/webhook", "oauth-x-callback"), ("/rest/v1/users?id=eq.1", "rest"),
            ("/rest/users", "rest"), ("/auth/v1/token?grant_type=password", "auth"),
            ("/realtime/v1/websocket-not", "realtime"), ("/robots.txt", "robots"), ("/sitemap.xml", "sitemap"),
            ("/one/%C3%A4%20b;c=1,d", "one"), ("/one//a", "one"),
        ]:
            with self.subTest(target):
                answer = self.shared.get(target)
                self.assertEqual((answer.status, answer.json["name"], answer.json["target"]), (200, name, target))

    def test_answers_unknown_paths_itself(self):
        before = len(self.shared.events(event="request"))
        for path in ["/", "/on", "/ones", "/functions/v1/", "/functions/v1/two", "/ONE", "/metrics", "/favicon.ico",
                     "/rest2", "/auth/v2/token", "/functions/v1/one%2Fx", "/.env", "/%6fne"] + [
                         f"/functions/v1/guess-{number}" for number in range(100)]:
            with self.subTest(path):
                answer = self.shared.get(path)
                self.assertIn(answer.status, (400, 404))
                self.assertFalse(answer.json["success"])
        self.assertEqual(len(self.shared.events(event="request")), before)

    def test_answers_in_the_envelope_with_the_request_id(self):
        answer = self.shared.get("/nowhere", headers={"X-Request-Id": "my-id.1"})
        self.assertEqual(answer.status, 404)
        self.assertEqual(answer.json["error"]["code"], "NOT_FOUND")
        self.assertEqual(answer.json["error"]["request_id"], "my-id.1")
        self.assertEqual(answer.field("x-request-id"), "my-id.1")
        self.assertEqual(answer.field("access-control-allow-origin"), "*")
        self.assertTrue(answer.field("content-type").startswith("application/json"))

    def test_refuses_methods_that_nobody_knows(self):
        before = len(self.shared.events(event="request"))
        for method in ("TRACE", "PROPFIND", "get"):
            answer = self.shared.request(method, "/one")
            self.assertEqual((answer.status, answer.json["error"]["code"]), (405, "METHOD_NOT_ALLOWED"))
            self.assertIn("POST", answer.field("allow"))
            self.assertEqual(answer.field("connection"), "close")
        self.assertEqual(len(self.shared.events(event="request")), before)

    def test_answers_options_of_the_whole_server(self):
        answer = self.shared.raw(b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 204"))
        self.assertIn(b"Allow: GET", answer)

    # -- bodies

    def test_streams_a_body_of_known_length_and_one_in_chunks(self):
        body = bytes(range(256)) * 4096 * 4  # 4 MiB
        digest = hashlib.sha256(body).hexdigest()
        for given in (body, (body[start:start + 7777] for start in range(0, len(body), 7777))):
            answer = self.shared.request("POST", "/one", given)
            self.assertEqual((answer.json["length"], answer.json["sha256"]), (len(body), digest))

    def test_hands_on_the_framing_that_came_and_drops_extensions_and_trailers(self):
        answer = self.shared.raw(
            b"POST /one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n")
        seen = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        names = [name.lower() for name, _ in seen["fields"]]
        self.assertEqual(seen["sha256"], hashlib.sha256(b"abc0123456789").hexdigest())
        self.assertIn("transfer-encoding", names)
        self.assertFalse({"content-length", "connection", "x-trailer", "trailer"} & set(names))

    def test_gathers_tiny_chunks(self):
        count = 100_000
        head = b"POST /one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        answer = self.shared.raw(head + b"1\r\nx\r\n" * count + b"0\r\n\r\n", timeout=60)
        seen = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        self.assertEqual(seen["length"], count)
        self.assertLess(seen["pieces"], 1000, "each would be a packet")

    def test_passes_chunks_on_as_they_come(self):
        with self.shared.connect() as connection:
            connection.sendall(b"GET /one/chunks?count=3&gap=0.3 HTTP/1.1\r\nHost: a\r\n\r\n")
            start, times, received = time.monotonic(), [], b""
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += connection.recv(65536)
                times.append(time.monotonic() - start)
        self.assertLess(times[0], 0.25)
        self.assertGreater(times[-1], 0.55)
        self.assertIn(b"8\r\npiece 0;\r\n8\r\npiece 1;\r\n8\r\npiece 2;\r\n0\r\n\r\n", received)
        self.assertNotIn(b"ext=1", received)
        self.assertNotIn(b"X-Sum", received)

    def test_gives_clients_of_http_1_0_what_they_understand(self):
        for path, body in (("chunks", b"piece 0;piece 1;piece 2;"), ("until-close", b"until the end")):
            head, _, got = self.shared.raw(f"GET /one/{path} HTTP/1.0\r\n\r\n".encode()).partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 200"))
            self.assertNotIn(b"chunked", head)
            self.assertIn(b"Connection: close", head)
            self.assertEqual(got, body)
        kept = self.shared.raw(b"GET /one HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /one HTTP/1.0\r\n\r\n")
        self.assertEqual(kept.count(b"HTTP/1.1 200"), 2)
        self.assertEqual(kept.count(b"Connection: keep-alive"), 1)

    def test_turns_a_body_that_ends_with_its_connection_into_chunks(self):
        answer = self.shared.get("/one/until-close")
        self.assertEqual(answer.body, b"until the end")
        self.assertEqual(answer.field("transfer-encoding"), "chunked")

    def test_knows_the_answers_without_a_body(self):
        script = b"".join(
            f"{method} /one/{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            for method, path in (("HEAD", "x"), ("GET", "status?code=204"), ("GET", "status?code=304"), ("HEAD", "chunks")))
        answer = self.shared.raw(script + b"GET /one/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        heads = answer.split(b"HTTP/1.1 ")[1:]
        self.assertEqual([head[:3] for head in heads], [b"200", b"204", b"304", b"200", b"200"])
        self.assertIn(b"Content-Length: 4711", heads[0])
        for head in heads[:4]:
            self.assertTrue(head.endswith(b"\r\n\r\n"), head)

    def test_answers_a_pipeline_in_order(self):
        script = b"".join(
            f"POST /one/{n}?sleep={0.05 if n % 7 == 0 else 0} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{n:02}".encode()
            for n in range(40))
        answer = self.shared.raw(script + b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        targets = [part.split(b'"')[0].split(b"?")[0] for part in answer.split(b'"target": "')[1:]]
        self.assertEqual(targets, [f"/one/{n}".encode() for n in range(40)])
        self.assertIn(b"HTTP/1.1 404", answer)

    # -- what comes between

    def test_passes_100_continue_through(self):
        with self.shared.connect() as connection:
            connection.sendall(b"POST /one?hold=0.2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
                               b"Connection: close\r\n\r\n")
            start = time.monotonic()
            self.assertEqual(connection.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
            self.assertGreater(time.monotonic() - start, 0.15, "it is the service's word")
            connection.sendall(b"hello")
            self.assertIn(b'"length": 5', connection.makefile("rb").read())

    def test_spares_the_body_when_the_service_refuses_it(self):
        with self.shared.connect() as connection:
            connection.sendall(b"POST /one/refuse-early HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n"
                               b"Expect: 100-continue\r\n\r\n")
            answer = connection.makefile("rb").read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 413"))
        self.assertIn(b"Connection: close", answer)

    def test_hands_on_an_answer_that_comes_before_the_body_has_ended(self):
        with self.shared.connect() as connection:
            connection.sendall(b"POST /one/refuse-early HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + b"a" * 20_000)
            answer = connection.makefile("rb").read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 413"))
        self.assertTrue(answer.endswith(b"large"))

    def test_passes_early_hints_on(self):
        answer = self.shared.raw(b"GET /one/hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200"))
        self.assertTrue(answer.endswith(b"hinted"))
        old = self.shared.raw(b"GET /one/hints HTTP/1.0\r\n\r\n")
        self.assertTrue(old.startswith(b"HTTP/1.1 200"))

    def test_opens_a_tunnel_for_websockets(self):
        with self.shared.connect() as connection:
            connection.sendall(b"GET /realtime/v1/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                               b"Upgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nfirst ")
            received = b""
            while b"FIRST " not in received:
                received += connection.recv(65536)
            head, _, rest = received.partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 101"))
            self.assertIn(b"Sec-WebSocket-Accept: yes", head)
            self.assertEqual(rest, b"hello FIRST ")
            large = b"abc" * 300_000
            threading.Thread(target=connection.sendall, args=(large,)).start()
            received = b""
            while len(received) < len(large):
                received += connection.recv(65536)
            self.assertEqual(received, large.upper())
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.recv(10), b"")
        eventually(lambda: self.shared.events(event="tunnel ended"))

    def test_opens_no_tunnel_for_other_protocols(self):
        answer = self.shared.raw(b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
                                 b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        seen = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        names = {name.lower() for name, _ in seen["fields"]}
        self.assertFalse(names & {"upgrade", "http2-settings", "connection"})

    def test_opens_no_tunnel_for_a_request_with_a_body(self):
        got = self.shared.raw(b"POST /one/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
                              b"Content-Length: 2\r\n\r\nab")
        names = {name.lower() for name, _ in json.loads(got.split(b"\r\n\r\n", 1)[1])["fields"]}
        self.assertNotIn("upgrade", names)

    # -- back-pressure and leaving

    def test_slows_a_service_down_to_the_pace_of_its_client(self):
        size = 200 << 20
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.connect(("127.0.0.1", self.shared.port))
            connection.sendall(f"GET /one/large?size={size} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            time.sleep(1)
            self.assertLess(self.memory(self.shared), 30 << 20)
            total = 0
            while piece := connection.recv(1 << 20):
                total += len(piece)
        self.assertGreater(total, size)
        self.assertLess(self.memory(self.shared), 30 << 20)

    def test_slows_a_client_down_to_the_pace_of_its_service(self):
        stack = self.stack(environment={"MAX_BODY_BYTES": "200000000"})
        stack.service("one")
        stack.start()
        body = b"y" * (100 << 20)
        done = []
        thread = threading.Thread(
            target=lambda: done.append(stack.request("POST", "/one?slow=0.001", body, timeout=60)))
        thread.start()
        peak = 0
        while thread.is_alive():
            peak = max(peak, self.memory(stack))
            time.sleep(0.01)
        self.assertEqual(done[0].json["length"], len(body))
        self.assertLess(peak, 30 << 20)

    def test_ends_what_a_service_does_for_a_client_that_left(self):
        before = len(self.shared.events(event="gone"))
        with self.shared.connect() as connection:
            connection.sendall(b"GET /one/chunks?count=1000&gap=0.02 HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.recv(100)
        eventually(lambda: len(self.shared.events(event="gone")) > before)

    def memory(self, stack):
        """Resident bytes of the dispatcher."""
        with open(f"/proc/{stack.process.pid}/statm", encoding="utf-8") as file:
            return int(file.read().split()[1]) * 4096

    # -- fields

    def test_removes_what_is_about_the_connection_or_forged(self):
        answer = self.shared.raw(
            b"GET /one HTTP/1.1\r\nHost: api.example\r\nConnection: keep-alive, close\r\nKeep-Alive: timeout=5\r\n"
            b"Proxy-Connection: keep-alive\r\nTE: trailers\r\nX-StreamVibe-Client: 6.6.6.6;t=1;v1=00\r\n"
            b"x-streamvibe-client: 7.7.7.7\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
            b"X-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Other: kept\r\n\r\n")
        fields = json.loads(answer.split(b"\r\n\r\n", 1)[1])["fields"]
        seen = {}
        for name, value in fields:
            seen.setdefault(name.lower(), []).append(value)
        self.assertEqual(set(seen), {"host", "x-other", "x-request-id", "x-forwarded-for", "x-forwarded-proto",
                                     "x-forwarded-host", "x-streamvibe-client"})
        self.assertEqual(seen["x-forwarded-for"], ["127.0.0.1"])
        self.assertEqual(seen["x-forwarded-proto"], ["http"])
        self.assertEqual(seen["x-forwarded-host"], ["api.example"])
        self.assertEqual(len(seen["x-streamvibe-client"]), 1)
        self.assertTrue(seen["x-streamvibe-client"][0].startswith("127.0.0.1;t="))

    def test_keeps_sane_request_ids_and_replaces_others(self):
        self.assertEqual(echoed(self.shared.get("/one", headers={"X-Request-Id": "a.B_c-9"}), "x-request-id"), ["a.B_c-9"])
        made = set()
        for bad in ("", "x" * 65, "a b", "a;b", "ä".encode().decode("latin-1"), '"'):
            answer = self.shared.get("/one", headers={"X-Request-Id": bad})
            made.add(answer.field("x-request-id"))
            self.assertEqual(echoed(answer, "x-request-id"), [answer.field("x-request-id")])
            self.assertRegex(answer.field("x-request-id"), "^[0-9a-v]{26}$")
        self.assertEqual(len(made), 6)
