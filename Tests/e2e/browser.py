#!/usr/bin/env python3
"""A newcomer with a real browser, headless Chromium: signs up, follows the mail's link, links an account by
a click on the platform's page, comes back, syncs, sees what arrived, disconnects.

    browser.py [NAME...]      all, or the classes or tests of these names

A page of this test's own stands for the app (pages/app.html). The last line is "N passed, N failed"; a
skipped test counts as failed.
"""

import http.server
import os
import sys
import threading
import time
import unittest
import uuid

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import canaries  # noqa: E402
import program  # noqa: E402
from chromium import Browser  # noqa: E402
from creators import Product, send  # noqa: E402
from running_stack import Stack  # noqa: E402
from world import World  # noqa: E402

LABELS = {"youtube": "Link YouTube", "instagram": "Link Instagram", "tiktok": "Link TikTok"}


class App(http.server.BaseHTTPRequestHandler):
    """The app's one page, at every address."""

    def do_GET(self):
        text = self.server.page.encode()
        self.send_response(200 if self.path != "/favicon.ico" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.app = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
        cls.addClassCleanup(cls.app.server_close)
        cls.addClassCleanup(cls.app.shutdown)
        threading.Thread(target=cls.app.serve_forever, daemon=True).start()
        cls.address = f"http://127.0.0.1:{cls.app.server_port}"
        cls.watch = canaries.Watch()
        cls.addClassCleanup(cls.watch.stop)
        cls.stack = Stack(APP_BASE_URL=cls.address, SITE_URL=cls.address, AUTH_RATE_LIMITS="off", **cls.watch.environment)
        cls.addClassCleanup(cls.stack.remove)
        cls.stack.until_up()
        cls.product = Product.of(cls.stack)
        cls.world = World(cls.product.sandbox)
        with open(os.path.join(HERE, "pages", "app.html"), encoding="utf-8") as file:
            cls.app.page = file.read().replace("{{API}}", cls.product.base).replace("{{KEY}}", cls.product.anon)

    @classmethod
    def tearDownClass(cls):
        cls.product.linked = True
        cls.watch.judge(cls.stack, cls.product)

    def signed_up(self, page):
        """Through the page, the mail, and the link in it."""
        email = f"ada-{uuid.uuid4().hex[:12]}@example.com"
        page.open(self.address)
        page.type("#email", email)
        page.type("#password", "correct horse 9")
        page.click("button", "Sign up")
        page.until_text("Look into your mail.")
        page.open(mailed_link(self.product, email))
        page.until_text("Signed in.")
        return email

    def test_from_sign_up_to_content(self):
        for platform in LABELS:
            with self.subTest(platform), Browser() as browser:
                key = self.world.creator(platform, f"browser-{uuid.uuid4().hex[:8]}", name="Notes & <Engines>", size=3)
                self.world.publish(platform, key, title="Poetical <b>science</b>", description="Poetical <b>science</b>")
                page = browser.page()
                self.signed_up(page)
                page.click("button", LABELS[platform])
                page.until("location.pathname.startsWith('/sandbox/')", "the platform's page")
                self.assertIn("Notes & <Engines>", page.text())
                page.click(f"input[value={key}]")
                page.click("button", "Allow")
                page.until_text("Linked ")
                self.assertTrue(page.place().startswith(self.address + "/"), page.place())
                self.assertNotIn("code=", page.place())
                page.click("button", "Sync")
                page.until_text("Synced: ")
                page.until_text("Poetical <b>science</b>")
                shown = page.evaluate("document.querySelectorAll('#content li').length")
                self.assertEqual(shown, int(self.product.sql("select count(*) from public.content_item i join public.social_account a on a.id = i.social_account_id where a.account_name = 'Notes & <Engines>' and a.deleted_at is null")[0]))
                page.click("button", "Sync")
                page.until_text("Synced: 0 new of ")
                page.click("button", "Disconnect")
                page.until_text("Disconnected.")
                self.assertEqual(page.evaluate("document.querySelectorAll('#accounts li').length"), 0)
                self.assertEqual([each for each in page.complaints() if "favicon" not in each], [])

    def test_a_person_who_refuses_is_told_so(self):
        with Browser() as browser:
            page = browser.page()
            self.signed_up(page)
            page.click("button", LABELS["youtube"])
            page.click("button", "Deny")
            page.until_text("Not linked: access_denied.")

    def test_a_link_that_somebody_else_began_attaches_nothing(self):
        key = self.world.creator("youtube", f"browser-{uuid.uuid4().hex[:8]}", size=1)
        [attacker] = self.product.creators(1)
        begun = attacker.begin("youtube")
        with Browser() as browser:
            page = browser.page()
            email = self.signed_up(page)
            page.open(begun["authorization_url"])
            page.click(f"input[value={key}]")
            page.click("button", "Allow")
            page.until_text("Failed: ")
            self.assertEqual(page.evaluate("document.querySelectorAll('#accounts li').length"), 0)
        self.assertEqual(self.product.sql(f"select count(*) from public.social_account where user_id in ('{attacker.user}', (select id from auth.users where email = '{email}'))"), ["0"])


def mailed_link(product, email):
    """The link in the newest mail to an address."""
    for _ in range(200):
        mails = send("GET", f"{product.sandbox}/inbox?to={email}").json
        if mails:
            return next(link for link in mails[0]["links"] if "/auth/v1/verify?" in link)
        time.sleep(0.05)
    raise AssertionError(f"no mail to {email}")


if __name__ == "__main__":
    sys.exit(program.run())
