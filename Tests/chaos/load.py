"""Clients that keep asking, and what they were told."""

import http.client
import threading
import time

from stack import FUNCTION, payload

PATH = f"/functions/v1/{FUNCTION}"


class Writer(threading.Thread):
    """One user on one keep-alive connection, saving a profile with a growing number."""

    def __init__(self, stack, token, pause=0.0):
        super().__init__(daemon=True)
        self.stack, self.token, self.pause = stack, token, pause
        self.acknowledged = 0
        self.attempted = 0
        self.answers = []
        self.broken = 0
        self.ended = threading.Event()
        self.problems = []

    def run(self):
        connection = None
        while not self.ended.is_set():
            self.attempted += 1
            began = time.monotonic()
            try:
                connection = connection or self.stack.connection()
                connection.request("POST", PATH, payload(self.attempted), {
                    "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                self.note(answer, body, began)
            except TimeoutError:
                self.problems.append("a request hung")
                connection = self.drop(connection)
            except (OSError, http.client.HTTPException):
                self.broken += 1
                connection = self.drop(connection)
                time.sleep(0.002)
            if self.pause:
                time.sleep(self.pause)

    def note(self, answer, body, began):
        now = time.monotonic()
        self.answers.append((now, answer.status, now - began))
        if answer.status == 200:
            self.acknowledged = self.attempted
        elif answer.status == 503:
            if not answer.getheader("Retry-After"):
                self.problems.append("503 without Retry-After")
        else:
            self.problems.append(f"{answer.status}: {body[:200]!r}")

    @staticmethod
    def drop(connection):
        if connection:
            connection.close()


class Load:
    """Writers for as long as the block lasts."""

    def __init__(self, stack, users, pause=0.0):
        self.writers = [Writer(stack, token, pause) for _, token in users]
        self.users = [user for user, _ in users]

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.writers:
            writer.ended.set()
        for writer in self.writers:
            writer.join(30)

    @property
    def problems(self):
        return [problem for writer in self.writers for problem in writer.problems]

    @property
    def broken(self):
        return sum(writer.broken for writer in self.writers)

    def answers(self, since=0.0, until=float("inf")):
        return [answer for writer in self.writers for answer in writer.answers if since <= answer[0] < until]

    def lost(self, cluster):
        """Users whose stored number is older than the last one acknowledged, or newer than any sent."""
        rows = cluster.sql("select id, coalesce(bio, '0') from public.users")
        stored = {user: int(bio) for user, bio in (row.split("|") for row in rows)}
        return [user for user, writer in zip(self.users, self.writers)
                if not writer.acknowledged <= stored[user] <= writer.attempted]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
