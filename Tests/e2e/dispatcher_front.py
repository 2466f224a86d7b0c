"""What the dispatcher owns for all services: clients' addresses, CORS, health, figures, the log."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import time

from dispatcher_support import BINARY, KEY, StackTest, echoed, eventually

ORIGIN = "https://app.example.org"


class Clients(StackTest):
    def seal(self, answer):
        """The address of the sealed field, whose signature must be right."""
        (value,) = echoed(answer, "x-streamvibe-client")
        text, _, code = value.rpartition(";v1=")
        self.assertEqual(code, hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest())
        address, _, stamp = text.partition(";t=")
        self.assertLess(abs(time.time() - int(stamp)), 5)
        return address

    def test_believes_nobody_by_default(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        answer = stack.get("/one", headers={"X-Forwarded-For": "203.0.113.9"})
        self.assertEqual(self.seal(answer), "127.0.0.1")
        self.assertEqual(self.seal(stack.get("/one", source=("127.0.0.77", 0))), "127.0.0.77")

    def test_believes_trusted_proxies_about_the_hop_before_them(self):
        stack = self.stack(environment={"TRUSTED_PROXIES": "127.0.0.0/29,10.0.0.0/8"})
        stack.service("one")
        stack.start()
        chain = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example"}
        answer = stack.get("/one", headers=chain)
        self.assertEqual(self.seal(answer), "203.0.113.9")
        self.assertEqual(echoed(answer, "x-forwarded-for"), ["6.6.6.6, 203.0.113.9, 127.0.0.1"])
        self.assertEqual(echoed(answer, "x-forwarded-proto"), ["https"])
        self.assertEqual(echoed(answer, "x-forwarded-host"), ["api.example"])
        self.assertEqual(self.seal(stack.get("/one", headers=chain, source=("127.0.0.9", 0))), "127.0.0.9")
        self.assertEqual(self.seal(stack.get("/one", headers={"X-Forwarded-For": "nonsense"})), "127.0.0.1")
        self.assertEqual(self.seal(stack.get("/one")), "127.0.0.1")

    def test_counts_the_hops_of_several_proxies(self):
        stack = self.stack(environment={"TRUSTED_PROXIES": "127.0.0.1", "TRUSTED_HOPS": "2"})
        stack.service("one")
        stack.start()
        answer = stack.get("/one", headers={"X-Forwarded-For": "6.6.6.6, 2001:DB8::9, 10.0.0.2"})
        self.assertEqual(self.seal(answer), "2001:db8::9")


class CrossOrigin(StackTest):
    def test_allows_any_origin_on_loopback_without_credentials(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        answer = stack.get("/one/own-fields", headers={"Origin": ORIGIN})
        self.assertEqual(answer.field("access-control-allow-origin"), "*")
        self.assertIsNone(answer.field("access-control-allow-credentials"))
        self.assertEqual(answer.field("x-content-type-options"), "nosniff")
        self.assertEqual(answer.field("etag"), '"1"')
        self.assertEqual(answer.field("vary"), "Accept")
        self.assertIsNone(answer.field("keep-alive"))
        self.assertNotEqual(answer.field("x-request-id"), "forged")
        exposed = answer.field("access-control-expose-headers").lower()
        for name in ("x-request-id", "ratelimit", "ratelimit-policy", "retry-after", "etag", "content-range", "link", "x-supabase-api-version",
                     "x-sb-error-code", "proxy-status"):
            self.assertIn(name, exposed)

    def test_answers_preflights_itself(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        answer = stack.request("OPTIONS", "/one", headers={
            "Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"})
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertIn("POST", answer.field("access-control-allow-methods"))
        for name in ("authorization", "apikey", "content-type", "x-client-info", "prefer"):
            self.assertIn(name, answer.field("access-control-allow-headers"))
        self.assertEqual(answer.field("access-control-max-age"), "600")
        self.assertEqual(stack.events(event="request", method="OPTIONS"), [])
        self.assertEqual(stack.request("OPTIONS", "/one").status, 200, "one that is no preflight goes on")

    def test_allows_only_the_listed_origins(self):
        stack = self.stack(environment={"CORS_ORIGINS": f"{ORIGIN}, https://admin.example.org"})
        stack.service("one")
        stack.start()
        answer = stack.get("/one", headers={"Origin": ORIGIN})
        self.assertEqual(answer.field("access-control-allow-origin"), ORIGIN)
        self.assertEqual(answer.field("vary"), "Origin")
        for headers in ({"Origin": "https://evil.example"}, {"Origin": ORIGIN + ".evil.example"}, {"Origin": "null"}, {}):
            answer = stack.get("/one", headers=headers)
            self.assertIsNone(answer.field("access-control-allow-origin"))
            self.assertEqual(answer.field("vary"), "Origin")

    def test_allows_no_origin_beyond_loopback_unless_it_is_listed(self):
        stack = self.stack()
        stack.environment["LISTEN"] = f"0.0.0.0:{stack.port}"
        stack.service("one")
        stack.start()
        self.assertIsNone(stack.get("/one", headers={"Origin": ORIGIN}).field("access-control-allow-origin"))


class Health(StackTest):
    def test_asks_every_service(self):
        stack = self.stack()
        sick = os.path.join(stack.folder, "sick")
        stack.service("one")
        stack.service("two", SICK=sick)
        stack.start()
        report = stack.get("/health").json
        self.assertEqual((report["status"], report["name"]), ("ok", "dispatcher"))
        self.assertTrue(report["version"])
        self.assertGreaterEqual(report["uptime_seconds"], 0)
        self.assertEqual({name: (check["ok"], check["state"]) for name, check in report["checks"].items()},
                         {"one": (True, "running"), "two": (True, "running")})
        with open(sick, "w", encoding="utf-8"):
            pass
        answer = eventually(lambda: (a := stack.get("/health")).status == 503 and a, within=3)
        self.assertEqual([answer.json["checks"][name]["ok"] for name in ("one", "two")], [True, False])
        self.assertEqual(stack.get("/health/live").status, 200)
        self.assertEqual(stack.get("/two").status, 200, "readiness is told, traffic is not cut")
        os.unlink(sick)
        eventually(lambda: stack.get("/health").status == 200, within=3)

    def test_is_asked_by_the_executable_itself(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        run = lambda: subprocess.run([BINARY, "--health"], env=stack.environment, capture_output=True, timeout=10)  # noqa: E731
        self.assertEqual(run().returncode, 0)
        stack.stop()
        self.assertEqual(run().returncode, 1)

    def test_describes_itself(self):
        described = json.loads(subprocess.run([BINARY, "--describe"], capture_output=True, check=True).stdout)
        self.assertEqual((described["name"], described["kind"], described["paths"]), ("dispatcher", "process", []))
        self.assertIn("TRUSTED_PROXIES", [setting["name"] for setting in described["settings"]])
        secrets = [setting["name"] for setting in described["settings"] if setting["secret"]]
        self.assertEqual(secrets, ["EDGE_PROXY_KEY"])

    def test_serves_the_description_of_the_api(self):
        stack = self.stack()
        path = stack.environment["OPENAPI"] = os.path.join(stack.folder, "openapi.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"openapi":"3.1.0"}')
        stack.service("one")
        stack.start()
        answer = stack.get("/openapi.json")
        self.assertEqual((answer.status, answer.json["openapi"]), (200, "3.1.0"))
        head = stack.request("HEAD", "/openapi.json")
        self.assertEqual((head.status, head.body, head.field("content-length")), (200, b"", "19"))
        self.assertEqual(stack.request("POST", "/openapi.json").status, 405)
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"openapi":"3.1.1"}')
        stack.process.send_signal(signal.SIGHUP)
        eventually(lambda: stack.get("/openapi.json").json["openapi"] == "3.1.1")


class Watching(StackTest):
    def test_logs_one_line_a_request(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        stack.get("/one/a?token=secret-thing", headers={"X-Request-Id": "first"})
        stack.get("/nowhere", headers={"X-Request-Id": "second"})
        stack.request("POST", "/one/status?code=404", b"", headers={"X-Request-Id": "third"})
        lines = eventually(lambda: len(found := self.requests(stack)) >= 3 and found)
        one, two, three = (lines[name] for name in ("first", "second", "third"))
        self.assertEqual((one["method"], one["path"], one["status"], one["upstream"]), ("GET", "/one/a", 200, "one"))
        self.assertGreater(one["bytes"], 100)
        self.assertGreaterEqual(one["duration_ms"], one["upstream_ms"])
        self.assertGreater(one["upstream_ms"], 0)
        self.assertEqual((two["path"], two["status"]), ("/nowhere", 404))
        self.assertNotIn("upstream", two)
        self.assertEqual((three["method"], three["status"], three["bytes"]), ("POST", 404, 0))
        with open(stack.log, encoding="utf-8") as file:
            self.assertNotIn("secret-thing", file.read())

    def test_logs_a_client_that_left_as_499(self):
        stack = self.stack()
        stack.service("one")
        stack.start()
        with stack.connect() as connection:
            connection.sendall(b"GET /one?sleep=5 HTTP/1.1\r\nHost: a\r\nX-Request-Id: left\r\n\r\n")
            time.sleep(0.2)
        line = eventually(lambda: self.requests(stack).get("left"))
        self.assertEqual(line["status"], 499)

    def requests(self, stack):
        return {line["request_id"]: line for line in stack.lines()
                if line["message"] == "request" and line["path"] not in ("/health", "/one/pid")}

    def test_serves_the_figures_of_all_processes_on_a_listener_of_its_own(self):
        stack = self.stack()
        stack.service("one")
        stack.service("two")
        stack.start()
        for _ in range(3):
            stack.get("/one")
        stack.get("/two/status?code=404")
        run = subprocess.run(["curl", "-s", "--unix-socket", f"{stack.folder}/m.sock", "http://x/metrics"],
                             capture_output=True, check=True, text=True)
        text = run.stdout.splitlines()
        self.assertIn('dispatcher_requests_total{service="dispatcher",upstream="one",status="200"} 3', text)
        self.assertIn('dispatcher_requests_total{service="dispatcher",upstream="two",status="404"} 1', text)
        self.assertIn('dispatcher_upstream_up{service="dispatcher",upstream="one"} 1', text)
        self.assertTrue(any(line.startswith('dispatcher_request_seconds_bucket{service="dispatcher",upstream="one"') for line in text))
        self.assertEqual(len([line for line in text if line.startswith("backend_requests_total")]), 2)
        self.assertEqual(text.count("# TYPE backend_requests_total counter"), 1)
        self.assertEqual(stack.get("/metrics").status, 404, "not for clients")
