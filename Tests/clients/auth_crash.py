#!/usr/bin/env python3
"""Kills auth again and again while people sign up: nothing that was answered is lost, nor its mail.

    scripts/with-database Tests/clients/auth_crash.py [--kills N]

Needs the executables auth and sandbox (BINARIES, else .build/release). Prints `N passed, N failed`.
"""

import argparse
import concurrent.futures
import re
import sys
import threading
import time
import uuid

from auth_stack import Stack

PASSWORD = "correct horse battery"
# the sandbox's inbox keeps a thousand mails
MOST = 800


class People:
    """Who sign up one after the other until they are told to stop."""

    def __init__(self, stack):
        self.stack, self.answered, self.over, self.lock = stack, [], threading.Event(), threading.Lock()

    def sign_up(self):
        while not self.over.is_set() and len(self.answered) < MOST:
            email = f"{uuid.uuid4().hex[:12]}@example.com"
            status, _ = self.stack.post("signup", {"email": email, "password": PASSWORD})
            if status == 200:
                with self.lock:
                    self.answered.append(email)
                time.sleep(0.05)
            elif status == 0:
                time.sleep(0.05)


def confirm(stack, email, deadline):
    """Whether the mail comes, its code signs in and the password then does."""
    while not (mails := stack.inbox(email)):
        if time.monotonic() > deadline:
            return "no mail came"
        time.sleep(0.2)
    code = re.search(r"(?<![\w=])\d{6}(?!\w)", mails[0]["text"])[0]
    status, answer = stack.post("verify", {"type": "signup", "email": email, "token": code})
    if status != 200:
        return f"the code was refused: {answer}"
    status, answer = stack.post("token?grant_type=password", {"email": email, "password": PASSWORD})
    return None if status == 200 else f"the password was refused: {answer}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=8)
    arguments = parser.parse_args()
    stack = Stack(AUTH_HASH_COST="4")
    try:
        people = People(stack)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            running = [pool.submit(people.sign_up) for _ in range(8)]
            for number in range(arguments.kills):
                time.sleep(0.3 + 0.11 * number % 0.4)
                stack.kill()
                stack.restart()
            people.over.set()
            for each in running:
                each.result()
        # A mail that was on its way when its process was killed waits for the end of a lease.
        deadline = time.monotonic() + 60
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda email: confirm(stack, email, deadline), people.answered))
    finally:
        stack.stop()
    lost = [(email, problem) for email, problem in zip(people.answered, found) if problem]
    for email, problem in lost[:20]:
        print(f"not ok  {email}: {problem}")
    print(f"ok      {len(found) - len(lost)} sign-ups over {arguments.kills} kills, each with its mail")
    print(f"{len(found) - len(lost)} passed, {len(lost)} failed")
    return 0 if found and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
