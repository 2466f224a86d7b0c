"""Headless Chromium as a person uses it: pages are opened, read, clicked and typed into.

Spoken to by the DevTools protocol over a pipe (--remote-debugging-pipe): messages are JSON that ends with
NUL, on the browser's file descriptors 3 and 4.
"""

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = "chromium"
WITHIN = 20


class BrowserError(Exception):
    """What the browser, or a page's script, says is wrong."""


class Browser:
    """One browser with nothing remembered; a context manager that ends it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sv-chromium-")
        self.number, self.events, self.rest = 0, [], b""
        commands, self.commands = self._pipe()
        self.answers, answers = self._pipe()

        def connect():
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.folder}/profile", "--no-first-run",
                 "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
                 "--disable-component-update", "--disable-default-apps", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                 "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=connect, pass_fds=(3, 4), start_new_session=True,
                env={**os.environ, "HOME": self.folder})
        os.close(commands)
        os.close(answers)

    @staticmethod
    def _pipe():
        """Both ends, above the numbers that the browser is given."""
        ends = os.pipe()
        moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
        for end in ends:
            os.close(end)
        return moved

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, session=None, **parameters):
        """The result of a command; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + WITHIN
        while True:
            answer = self._read(end - time.monotonic())
            if answer is None:
                raise BrowserError(f"{method}: no answer")
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def _read(self, seconds):
        while b"\0" not in self.rest:
            if seconds <= 0 or not select.select([self.answers], [], [], seconds)[0]:
                return None
            piece = os.read(self.answers, 1 << 16)
            if not piece:
                raise BrowserError("the browser ended")
            self.rest += piece
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def page(self):
        return Page(self)


class Page:
    """One tab."""

    def __init__(self, browser):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression):
        """What an expression of JavaScript is, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def until(self, expression, what=None):
        """Waits until an expression is true, over any number of pages; its value."""
        end, last = time.monotonic() + WITHIN, None
        while time.monotonic() < end:
            try:
                if last := self.evaluate(expression):
                    return last
            except BrowserError as error:  # the page is just being left
                last = error
            time.sleep(0.05)
        raise AssertionError(f"not within {WITHIN} s: {what or expression}; at {self.place()}: {self.text()[:500]!r}, {last!r}, {self.complaints()}")

    def open(self, url):
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserError(f"{url}: {answer['errorText']}")
        self.until("document.readyState === 'complete'")

    def place(self):
        return self.evaluate("location.href")

    def text(self):
        """What a person can read."""
        return self.evaluate("document.body ? document.body.innerText : ''") or ""

    def until_text(self, text):
        self.until(f"document.body && document.body.innerText.includes({json.dumps(text)})", f"the page says {text!r}")

    def find(self, selector, text=""):
        """JavaScript for the first element that can be seen and holds `text`."""
        return (f"[...document.querySelectorAll({json.dumps(selector)})].find((each) => each.offsetParent !== null && !each.disabled"
                f" && (each.innerText || each.value || '').includes({json.dumps(text)}))")

    def click(self, selector, text=""):
        """Presses the mouse where the element is, once its page is loaded and painted: before, nothing is pressed."""
        place = self.until(
            f"(async () => {{ const found = document.readyState === 'complete' && {self.find(selector, text)}; if (!found) return null;"
            " found.scrollIntoView({ block: 'center' }); await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
            " const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()", f"there is {selector} {text!r}")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def type(self, selector, text):
        self.until(f"(() => {{ const found = {self.find(selector)}; if (found) found.focus(); return !!found; }})()", f"there is {selector}")
        self.call("Input.insertText", text=text)

    def complaints(self):
        """Errors of scripts, and what the browser refused to load, since the page was made."""
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                details = event["params"]["exceptionDetails"]
                found.append(details.get("exception", {}).get("description") or details["text"])
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                found.append(f"{event['params']['entry']['text']} {event['params']['entry'].get('url', '')}")
        return found
