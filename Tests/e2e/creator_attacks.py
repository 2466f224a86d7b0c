#!/usr/bin/env python3
"""Attacks on the linking of accounts, end to end on a stack of their own: login CSRF both ways, replayed and
swapped states and codes, open redirects, scripts in error parameters, tampered messages of the platforms.

    creator_attacks.py [NAME...]      all, or the classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import unittest
import urllib.parse
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canaries  # noqa: E402
import program  # noqa: E402
from chromium import Browser  # noqa: E402
from creators import PLATFORMS, Product, send, settings  # noqa: E402
from running_stack import Stack  # noqa: E402
from world import World  # noqa: E402

APP = "http://127.0.0.1:3000"
SCRIPTS = (
    "<script>window.pwned=1</script>", "\"><img src=x onerror=window.pwned=1>", "'-window.pwned=1-'", "</title><svg onload=window.pwned=1>",
    "javascript:window.pwned=1", "{{7*7}}${7*7}", "&lt;b&gt;&#60;script&#62;", "\u2028\u2029</script>")


class Attack(unittest.TestCase):
    # whether some of its links succeed
    links = True

    @classmethod
    def setUpClass(cls):
        cls.watch = canaries.Watch()
        cls.addClassCleanup(cls.watch.stop)
        cls.stack = Stack(**cls.watch.environment)
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.product = Product.of(cls.stack)
        cls.world = World(cls.product.sandbox)
        cls.values = settings.effective({"PORT": str(cls.stack.port)})

    @classmethod
    def tearDownClass(cls):
        cls.watch.judge(cls.stack, cls.product, links=cls.links)

    def channel(self, platform):
        return self.world.creator(platform, f"attack-{uuid.uuid4().hex[:12]}", size=1)

    def accounts(self, creator):
        return [row["id"] for row in creator.rows("social_account?select=id&deleted_at=is.null")]

    def assert_refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.code), (status, code), answer)


class States(Attack):
    def test_a_victim_who_follows_an_attackers_callback_gets_no_account_of_the_attackers(self):
        for platform in PLATFORMS:
            victim, attacker = self.product.creators(2)
            handed = attacker.code(platform, self.channel(platform))
            self.assert_refused(victim.finish(platform, handed), 400, "STATE_INVALID")
            self.assertEqual(self.accounts(victim) + self.accounts(attacker), [])
            attacker.finish(platform, handed).expect(200)  # the victim's try has not used it up

    def test_a_victim_who_agrees_at_an_attackers_address_gives_the_attacker_nothing(self):
        for platform in PLATFORMS:
            victim, attacker = self.product.creators(2)
            channel = self.channel(platform)
            begun = attacker.begin(platform)
            handed = victim.hand_on(victim.consent(begun["authorization_url"], channel))
            self.assert_refused(victim.finish(platform, handed), 400, "STATE_INVALID")
            # With a state of the victim's own the code is of no use either where the platform has PKCE.
            own = victim.begin(platform)["state"]
            answer = victim.finish(platform, {"code": handed["code"], "state": own})
            if platform != "instagram":
                self.assertGreaterEqual(answer.status, 400, answer)
                self.assertEqual(self.accounts(victim), [])
            self.assertEqual(self.accounts(attacker), [])

    def test_a_stolen_code_is_of_no_use_to_who_stole_it(self):
        for platform in ("youtube", "tiktok"):
            victim, attacker = self.product.creators(2)
            stolen = victim.code(platform, self.channel(platform))["code"]
            answer = attacker.finish(platform, {"code": stolen, "state": attacker.begin(platform)["state"]})
            self.assertGreaterEqual(answer.status, 400, answer)
            self.assertEqual(self.accounts(attacker), [])

    def test_the_browsers_visit_links_nothing_whatever_it_brings(self):
        for platform in PLATFORMS:
            [creator] = self.product.creators(1)
            location = creator.consent(creator.begin(platform)["authorization_url"], self.channel(platform))
            for headers in ({}, {"Authorization": f"Bearer {creator.token}"}, {"Cookie": f"sb-access-token={creator.token}"}):
                for method in ("GET", "HEAD"):
                    send(method, location, headers=headers)
            self.assertEqual(self.accounts(creator), [])

    def test_a_state_works_once(self):
        for platform in PLATFORMS:
            [creator] = self.product.creators(1)
            channel = self.channel(platform)
            handed = creator.code(platform, channel)
            creator.finish(platform, handed).expect(200)
            self.assert_refused(creator.finish(platform, handed), 400, "STATE_INVALID")
            [account] = self.accounts(creator)
            creator.function("disconnect-account", {"social_account_id": account}).expect(200)
            self.assert_refused(creator.finish(platform, handed), 400, "STATE_INVALID")
            fresh = creator.code(platform, channel)
            self.assert_refused(creator.finish(platform, {"code": fresh["code"], "state": handed["state"]}), 400, "STATE_INVALID")

    def test_a_state_is_one_platforms(self):
        for began in PLATFORMS:
            for finished in set(PLATFORMS) - {began}:
                [creator] = self.product.creators(1)
                handed = creator.code(began, self.channel(began))
                self.assert_refused(creator.finish(finished, handed), 400, "STATE_INVALID")
                creator.finish(began, handed).expect(200)

    def test_a_state_is_dead_after_ten_minutes(self):
        [creator] = self.product.creators(1)
        handed = creator.code("youtube", self.channel("youtube"))
        [left] = self.product.sql(f"select extract(epoch from expires_at - created_at) from public.oauth_state where user_id = '{creator.user}'")
        self.assertAlmostEqual(float(left), 600, delta=5)
        self.product.sql(f"update public.oauth_state set expires_at = now() - interval '1 second' where user_id = '{creator.user}'")
        self.assert_refused(creator.finish("youtube", handed), 400, "STATE_INVALID")

    def test_states_that_are_nearly_right(self):
        [creator] = self.product.creators(1)
        handed = creator.code("youtube", self.channel("youtube"))
        state = handed["state"]
        for wrong in (state[:-1], state + "A", state.swapcase(), state[:-1] + ("A" if state[-1] != "A" else "B"), state + "\x00", " " + state, state + "=", "%" + state, state * 50):
            answer = creator.finish("youtube", {"code": handed["code"], "state": wrong})
            self.assertIn((answer.status, answer.code), {(400, "STATE_INVALID"), (422, "VALIDATION_FAILED"), (400, "INVALID_JSON")}, (wrong, answer))
        for wrong in (None, 7, [], {}, True, [state]):
            self.assertIn(creator.function("oauth-youtube-callback", {"code": handed["code"], "state": wrong}).status, (400, 422))
        creator.finish("youtube", handed).expect(200)

    def test_states_do_not_repeat_and_are_kept_hashed(self):
        [creator] = self.product.creators(1)
        states = [creator.begin("tiktok")["state"] for _ in range(8)]
        self.assertEqual(len(set(states)), 8)
        for state in states:
            self.assertGreaterEqual(len(base64.urlsafe_b64decode(state + "==")), 32)
        kept = self.product.sql(f"select encode(state_hash, 'hex') from public.oauth_state where user_id = '{creator.user}'")
        self.assertEqual(set(kept), {hashlib.sha256(state.encode()).hexdigest() for state in states} if kept[0] in {hashlib.sha256(state.encode()).hexdigest() for state in states}
                         else {hashlib.sha256(base64.urlsafe_b64decode(state + "==")).hexdigest() for state in states})


class Scopes(Attack):
    links = False

    def test_a_person_who_grants_too_little_is_told_what(self):
        for platform, granted, missing in (("tiktok", "user.info.basic", "video.list"), ("tiktok", "user.info.basic,user.info.stats", "video.list")):
            [creator] = self.product.creators(1)
            location = creator.consent(creator.begin(platform)["authorization_url"], self.channel(platform), grant=granted)
            answer = creator.finish(platform, creator.hand_on(location))
            self.assert_refused(answer, 403, "SCOPE_MISSING")
            self.assertIn(missing, json.dumps(answer.json["error"]["details"]))
            self.assertEqual(self.accounts(creator), [])

    def test_a_person_who_refuses(self):
        for platform in PLATFORMS:
            [creator] = self.product.creators(1)
            begun = creator.begin(platform)
            back = send("GET", begun["authorization_url"] + "&auto=deny").expect(302, 303)
            handed = creator.hand_on(back.location)
            self.assertEqual((handed["platform"], handed["error"]), (platform, "access_denied"))
            self.assertNotIn("code", handed)
            self.assertEqual(self.accounts(creator), [])


class Redirects(Attack):
    # The app is on this machine here, whose other ports are the same person's; where it is not, its port counts too.
    REFUSED = (
        "https://evil.example/", "http://127.0.0.1:3000.evil.example/", "http://127.0.0.1:3000@evil.example/", "http://127.0.0.2:3000/", "http://localhost:3000/",
        "//evil.example/", "/\\evil.example/", "\\\\evil.example", "http:evil.example", "http:///evil.example", "javascript:alert(1)//http://127.0.0.1:3000/",
        "data:text/html,x", "http://127.0.0.1:3000\r\nset-cookie: a=b", "http://127.0.0.1:3000\\@evil.example/", "http://127.0.0.1:3000%2f@evil.example/", "HTTP://EVIL.example/",
        "http://user:secret@127.0.0.1:3000/", "", " ", "http://[::1]:3000/", "ftp://127.0.0.1:3000/", "http://127.0.0.1:3000#@evil.example/")

    def test_places_that_are_not_the_apps_are_refused_at_once(self):
        [creator] = self.product.creators(1)
        for place in self.REFUSED:
            answer = creator.function("oauth-youtube-init", {"redirect_to": place})
            if place.strip() == "" and answer.status == 200:
                continue  # as if nothing was said
            self.assert_refused(answer, 422, "VALIDATION_FAILED")
        self.assertEqual(self.product.sql(f"select distinct coalesce(redirect_to, '') from public.oauth_state where user_id = '{creator.user}' and redirect_to <> ''"), [])

    def test_by_get_too(self):
        [creator] = self.product.creators(1)
        for place in self.REFUSED[:9]:
            answer = creator.function(f"oauth-youtube-init?redirect_to={urllib.parse.quote(place)}", method="GET")
            self.assert_refused(answer, 422, "VALIDATION_FAILED")

    def test_a_page_of_the_app_is_gone_to_with_its_own_parameters_kept(self):
        for platform in PLATFORMS:
            [creator] = self.product.creators(1)
            begun = creator.begin(platform, redirect_to=f"{APP}/settings?tab=2&next=%2Fhome")
            answer = send("GET", creator.consent(begun["authorization_url"], self.channel(platform))).expect(302)
            self.assertTrue(answer.location.startswith(f"{APP}/settings?"), answer.location)
            self.assertEqual({name: answer.query[name] for name in ("tab", "next", "platform", "state")}, {"tab": "2", "next": "/home", "platform": platform, "state": begun["state"]})
            creator.finish(platform, answer.query).expect(200)

    def test_what_the_visit_says_leads_nowhere_else(self):
        for platform in PLATFORMS:
            for query in ("redirect_to=https://evil.example/", "redirect_uri=https://evil.example/", "next=//evil.example", "state=https://evil.example/", "state=%0d%0alocation:%20https://evil.example/",
                          "state=.evil.example/&code=@evil.example", "code=a&code=b&state=c&state=d", "error=a%0d%0aset-cookie:a=b"):
                answer = send("GET", f"{self.product.base}/functions/v1/oauth-{platform}-callback?{query}")
                self.assertIn(answer.status, (302, 400, 422), answer)
                self.assertNotIn("set-cookie", answer.headers)
                if answer.status == 302:
                    parts = urllib.parse.urlsplit(answer.location)
                    self.assertEqual((parts.scheme, parts.netloc, parts.path), ("http", "127.0.0.1:3000", "/oauth/callback"), answer.location)


class Pages(Attack):
    links = False

    def visits(self):
        for platform in PLATFORMS:
            for script in SCRIPTS:
                for names in (("error", "error_description", "state"), ("code", "state"), ("state",), ("error",)):
                    yield f"{self.product.base}/functions/v1/oauth-{platform}-callback?" + urllib.parse.urlencode({name: script for name in names})

    def test_scripts_in_parameters_come_back_as_text(self):
        for address in self.visits():
            answer = send("GET", address, headers={"Accept": "text/html"})
            self.assertIn(answer.status, (302, 400, 422), answer)
            kind = answer.headers.get("content-type", "")
            for raw in (b"<script>window", b"<img src=x", b"<svg onload"):
                if "html" in kind:
                    self.assertNotIn(raw, answer.body, address)
            self.assertFalse(set("<>\"' ") & set(answer.location), answer.location)
            if answer.body:
                self.assertEqual(answer.headers.get("x-content-type-options"), "nosniff", answer.headers)

    def test_scripts_in_what_goes_on_to_the_app_stay_parameters(self):
        for platform in PLATFORMS:
            [creator] = self.product.creators(1)
            for script in SCRIPTS:
                state = creator.begin(platform, redirect_to=f"{APP}/?a=b")["state"]
                for fields in ({"error": script, "error_description": script, "state": state}, {"code": script, "state": state}):
                    answer = send("GET", f"{self.product.base}/functions/v1/oauth-{platform}-callback?{urllib.parse.urlencode(fields)}").expect(302)
                    self.assertTrue(answer.location.startswith(f"{APP}/?a=b&"), answer.location)
                    self.assertFalse(set("<>\"'{}` \r\n#") & set(answer.location), answer.location)
                    self.assertEqual(answer.query, {"a": "b", "platform": platform, **fields})

    def test_and_a_browser_runs_none_of_them(self):
        with Browser() as browser:
            page = browser.page()
            for address in list(self.visits())[::5]:
                try:
                    page.open(address)
                except Exception as error:  # noqa: BLE001: nothing listens where the app would be
                    self.assertIn("ERR_CONNECTION_REFUSED", str(error))
                self.assertIsNone(page.evaluate("window.pwned === undefined ? null : window.pwned"), address)


class Messages(Attack):
    """What the platforms say of removed authorisations."""

    def linked(self, platform):
        [creator] = self.product.creators(1)
        account = creator.link(platform, self.channel(platform))
        # Instagram's own calls name the account as the application knows it.
        [subject] = self.product.sql(f"select coalesce(platform_app_user_id, platform_user_id) from public.platform_connection where user_id = '{creator.user}'")
        return creator, account, subject

    def active(self, creator):
        return self.product.sql(f"select is_active from public.platform_connection where user_id = '{creator.user}'") == ["t"]

    def signed_request(self, subject, secret=None, algorithm="HMAC-SHA256"):
        encode = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")  # noqa: E731
        payload = encode(json.dumps({"algorithm": algorithm, "issued_at": int(time.time()), "user_id": subject}).encode())
        key = (secret or self.values["INSTAGRAM_CLIENT_SECRET"]).encode()
        return f"{encode(hmac.new(key, payload.encode(), hashlib.sha256).digest())}.{payload}"

    def instagram(self, path, signed):
        return send("POST", f"{self.product.base}/functions/v1/oauth-instagram-callback/{path}", urllib.parse.urlencode({"signed_request": signed}).encode(),
                    {"Content-Type": "application/x-www-form-urlencoded"})

    def tiktok(self, body, signature=None, at=None, secret=None):
        at = at or int(time.time())
        key = (secret or self.values["TIKTOK_CLIENT_SECRET"]).encode()
        code = signature or f"t={at},s=" + hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return send("POST", f"{self.product.base}/functions/v1/oauth-tiktok-callback/webhook", body, {"Content-Type": "application/json", **({"TikTok-Signature": code} if code != "none" else {})})

    def removal(self, subject, reason=1):
        return json.dumps({"client_key": self.values["TIKTOK_CLIENT_ID"], "event": "authorization.removed", "create_time": int(time.time()),
                           "user_openid": subject, "content": json.dumps({"reason": reason})}).encode()

    def test_instagram_tampered_with(self):
        creator, account, subject = self.linked("instagram")
        right = self.signed_request(subject)
        code, payload = right.split(".")
        other = self.signed_request("1").split(".")[1]
        flipped = ("A" if code[0] != "A" else "B") + code[1:]
        for wrong in (self.signed_request(subject, "another secret"), f"{flipped}.{payload}", f"{code}.{other}", f".{payload}", f"{code}.", payload, code, "", ".", "a.b", f"{right}.x",
                      f"{base64.urlsafe_b64encode(b'0' * 32).decode()}.{payload}", f"{code.upper()}.{payload}"):
            for path in ("deauthorize", "data-deletion"):
                self.assert_refused(self.instagram(path, wrong), 401, "UNAUTHORIZED")
        self.assertTrue(self.active(creator))
        self.instagram("deauthorize", right).expect(200)
        self.assertFalse(self.active(creator))
        self.instagram("deauthorize", right).expect(200)  # told twice

    def test_instagrams_data_deletion(self):
        creator, account, subject = self.linked("instagram")
        creator.sync("instagram", account).expect(200)
        answer = self.instagram("data-deletion", self.signed_request(subject)).expect(200)
        self.assertRegex(answer.json["url"], r"^https?://")
        self.assertTrue(answer.json["confirmation_code"])
        self.assertEqual(self.product.sql(f"select count(*) from vault.secrets where name like 'user_{creator.user}_%'"), ["0"])

    def test_tiktok_tampered_with(self):
        creator, account, subject = self.linked("tiktok")
        body, now = self.removal(subject), int(time.time())
        code = hmac.new(self.values["TIKTOK_CLIENT_SECRET"].encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        for wrong in ("none", "", f"t={now}", f"s={code}", f"t={now + 1},s={code}", f"t={now},s={code[:-1]}", f"t={now},s={'0' * 64}", f"t={now},s={code}0", f"t=,s={code}", f"t={now};s={code}"):
            self.assert_refused(self.tiktok(body, wrong or ","), 401, "UNAUTHORIZED")
        for answer in (self.tiktok(body, secret="another secret"), self.tiktok(body, at=now - 86400), self.tiktok(body + b" ", f"t={now},s={code}"), self.tiktok(body.replace(b"removed", b"Removed"), f"t={now},s={code}")):
            self.assert_refused(answer, 401, "UNAUTHORIZED")
        self.assertTrue(self.active(creator))
        self.tiktok(body).expect(200)
        self.assertFalse(self.active(creator))
        self.tiktok(body).expect(200)  # at least once means sometimes twice

    def test_messages_about_nobody(self):
        self.tiktok(self.removal("nobody-here")).expect(200)
        self.instagram("deauthorize", self.signed_request("17841499999999999")).expect(200)
        other = json.dumps({"client_key": "another", "event": "authorization.removed", "create_time": 1, "user_openid": "x", "content": "{}"}).encode()
        self.assertEqual(self.tiktok(other).status, 400)

    def test_the_platforms_own_messages(self):
        """As the sandbox signs them, which knows nothing of how this test does."""
        for platform, path in (("instagram", "deauthorize"), ("instagram", "data-deletion"), ("tiktok", "webhook")):
            [creator] = self.product.creators(1)
            channel = self.channel(platform)
            creator.link(platform, channel)
            address = f"{self.product.base}/functions/v1/oauth-{platform}-callback/{path}"
            said = self.world.remove_authorization(platform, channel, url=address, tampered=True, keep=True)
            self.assertEqual(said["status"], 401, said)
            self.assertTrue(self.active(creator))
            said = self.world.remove_authorization(platform, channel, url=address)
            self.assertEqual(said["status"], 200, said)
            self.assertFalse(self.active(creator))

    def test_they_are_no_way_in_for_other_methods(self):
        for platform, path in (("instagram", "deauthorize"), ("instagram", "data-deletion"), ("tiktok", "webhook"), ("youtube", "webhook"), ("youtube", "deauthorize")):
            for method in ("PUT", "DELETE", "PATCH"):
                self.assertIn(send(method, f"{self.product.base}/functions/v1/oauth-{platform}-callback/{path}").status, (404, 405))


if __name__ == "__main__":
    sys.exit(program.run())
