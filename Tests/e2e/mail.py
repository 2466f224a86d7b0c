#!/usr/bin/env python3
"""Mail that sign-ups cause, while the process that sends it is killed: none is lost.

    mail.py [NAME...]      all, or the classes or tests of these names

Needs an empty database in DATABASE_URL (a superuser's URL) and the executables in BINARIES (else
.build/release). The last line is "N passed, N failed".
"""

import email
import email.policy
import http.client
import json
import os
import random
import re
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import program  # noqa: E402
from dispatcher_support import ROOT, eventually, free_port  # noqa: E402

BINARY = os.path.join(os.environ.get("BINARIES") or os.path.join(ROOT, ".build", "release"), "auth")
DATABASE = f"streamvibe_mail_{os.getpid()}"
PASSWORD = "mail's test"


def url_of(database, user=None):
    parts = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    if user:
        host = parts.netloc.rpartition("@")[2]
        parts = parts._replace(netloc=f"{user}:{urllib.parse.quote(PASSWORD)}@{host}")
    return urllib.parse.urlunsplit(parts._replace(path=f"/{database}"))


def psql(database, sql):
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url_of(database), "-c", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail; `kill` is called with the stage, `offered` or `taken`, before each reply."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.mails = []
        self.kill = lambda stage: None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def recipients(self):
        return sorted(recipient for recipient, _ in self.mails)


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.talk()
        except OSError:
            pass  # the client was killed

    def talk(self):
        self.say("220 test")
        recipient = None
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "RCPT":
                recipient = re.search("<(.*)>", line)[1]
            if verb == "DATA":
                self.server.kill("offered")
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line)
                if not line:
                    return
                self.server.mails.append((recipient, email.message_from_bytes(b"".join(lines), policy=email.policy.default)))
                self.server.kill("taken")
            self.say("221 bye" if verb == "QUIT" else "250 fine")

    def say(self, reply):
        self.wfile.write(f"{reply}\r\n".encode())


class Auth:
    """A process of auth's, and what it wrote."""

    def __init__(self, key, smtp):
        self.port = free_port()
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([BINARY], stderr=self.log, env={
            "LISTEN": f"127.0.0.1:{self.port}", "DATABASE_URL": url_of(DATABASE, "auth_admin"), "DATABASE_CONNECTIONS": "4",
            "JWT_SIGNING_KEY": key["private"], "JWT_JWKS": key["public"], "SMTP_URL": smtp, "SMTP_FROM": "noreply@app.example",
            "AUTH_RATE_LIMITS": "off", "API_EXTERNAL_URL": "http://api.example", "APP_BASE_URL": "http://app.example",
        })
        eventually(self.is_up, 20, "auth answers")

    def is_up(self):
        try:
            return self.ask("GET", "/health/live")[0] == 200
        except OSError:
            assert self.process.poll() is None, self.written()
            return False

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body and json.dumps(body), {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def sign_up(self, address):
        """Whether it was confirmed that the sign-up has happened."""
        try:
            return self.ask("POST", "/auth/v1/signup", {"email": address, "password": "correct horse battery"})[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def written(self):
        self.log.seek(0)
        return self.log.read()


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        psql("postgres", f"create database {DATABASE}")
        cls.addClassCleanup(psql, "postgres", f"drop database if exists {DATABASE} with (force)")
        subprocess.run(
            [os.path.join(ROOT, "scripts/migrate"), "--database-url", url_of(DATABASE)],
            check=True, stdout=subprocess.DEVNULL, env={**os.environ, "AUTH_ADMIN_PASSWORD": PASSWORD})
        lines = subprocess.run(
            [sys.executable, "-B", os.path.join(ROOT, "scripts/lib/jwt.py"), "keypair"],
            check=True, capture_output=True, text=True).stdout
        cls.key = dict(zip(["private", "public"], lines.splitlines()))

    def setUp(self):
        self.server = MailServer()
        self.processes = []
        self.addCleanup(self.close)
        psql(DATABASE, "delete from auth.outgoing_mail; delete from auth.users")

    def close(self):
        for auth in self.processes:
            if auth.process.poll() is None:
                auth.kill()
        self.server.shutdown()
        self.server.server_close()

    def auth(self):
        auth = Auth(self.key, self.server.url)
        self.processes.append(auth)
        return auth

    @staticmethod
    def waiting():
        return int(psql(DATABASE, "select count(*) from auth.outgoing_mail"))

    @staticmethod
    def end_leases():
        psql(DATABASE, "update auth.outgoing_mail set due_at = clock_timestamp()")

    def killed_at(self, stage):
        """Auth is killed at this stage of the first mail; what the other one does then."""
        first = self.auth()
        self.server.kill = lambda now: first.kill() if now == stage and first.process.poll() is None else None
        first.sign_up(f"{stage}@example.com")
        eventually(lambda: first.process.poll() is not None, 20, "it is killed")
        self.server.kill = lambda now: None
        self.assertEqual(self.waiting(), 1)
        taken = len(self.server.mails)
        second = self.auth()
        # It is the first one's until its lease ends, which may be sending it yet.
        time.sleep(6)
        self.assertEqual(len(self.server.mails), taken)
        eventually(lambda: self.waiting() == 0, 40, "it is sent")
        return second

    def test_before_the_server_has_the_mail_it_is_sent_by_another(self):
        self.killed_at("offered")
        self.assertEqual(self.server.recipients(), ["offered@example.com"])

    def test_between_sending_and_settling_it_is_sent_again_under_the_same_id(self):
        self.killed_at("taken")
        self.assertEqual(self.server.recipients(), ["taken@example.com"] * 2)
        ids = {mail["Message-ID"] for _, mail in self.server.mails}
        self.assertEqual(len(ids), 1)

    def test_at_any_moment_no_confirmed_sign_up_is_without_its_mail(self):
        chance = random.Random(20261124)
        confirmed, number = [], 0
        for _ in range(5):
            auth = self.auth()
            end = threading.Timer(chance.uniform(0.2, 1.2), auth.kill)
            end.start()
            while auth.process.poll() is None:
                number += 1
                address = f"user{number}@example.com"
                if auth.sign_up(address):
                    confirmed.append(address)
            end.join()
        self.assertGreater(len(confirmed), 5)
        last = self.auth()
        self.end_leases()
        eventually(lambda: self.waiting() == 0, 60, "all is sent")
        self.assertEqual(set(confirmed) - set(self.server.recipients()), set())
        # Nor is there a mail of an account that does not exist.
        accounts = set(psql(DATABASE, "select email from auth.users").splitlines())
        self.assertEqual(set(self.server.recipients()) - accounts, set())
        last.process.terminate()
        self.assertEqual(last.process.wait(20), 0)
        self.assert_silent()

    def assert_silent(self):
        """No log line says to whom, or what lets into an account."""
        written = "".join(auth.written() for auth in self.processes)
        self.assertIn("a mail was sent", written)
        self.assertNotIn("@example.com", written)
        for _, mail in self.server.mails:
            text = mail.get_body(("plain",)).get_content()
            for secret in re.findall(r"token=([\w-]+)", text) + re.findall(r"code: (\d{6,})", text):
                self.assertNotIn(secret, written)


if __name__ == "__main__":
    sys.exit(program.run())
