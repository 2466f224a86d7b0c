"""What the programs beside this one share: the sandbox's own interface, and how a browser walks through consent."""

import http.server
import json
import sys
import threading
import urllib.parse
import urllib.request

BASE = f"http://{sys.argv[1]}" if len(sys.argv) > 1 else ""
BACK = "http://127.0.0.1:9/back"
SECRET = "sandbox-secret"
failures = []


def expect(is_so, what):
    """Notes what is not as it should be."""
    if not is_so:
        failures.append(str(what))


def report():
    """Ends the program."""
    print("\n".join(failures) or "as they should be")
    sys.exit(1 if failures else 0)


def admin(method, path, body=None):
    """The sandbox's own answer."""
    request = urllib.request.Request(
        BASE + path, json.dumps(body).encode() if body is not None else None,
        {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def told(platform, key, **body):
    """What a platform sends to an application when an authorisation is taken back: (fields, body, what the sandbox says)."""
    received = []

    class Application(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.headers, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"taken")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Application) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/told"
        said = admin("POST", f"/admin/creators/{platform}/{key}/remove-authorization", {"url": url, **body})
    [(fields, raw)] = received
    expect((said["status"], said["body"]) == (200, "taken"), said)
    return fields, raw, said


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def location(url, **parameters):
    """Where consent sends the browser: (the address, its parameters)."""
    url += ("&" if "?" in url else "?") + urllib.parse.urlencode(parameters)
    try:
        with urllib.request.build_opener(_Stay).open(url) as answer:
            raise AssertionError(f"no redirect: {answer.status} {answer.read()[:200]}")
    except urllib.error.HTTPError as answer:
        if answer.code != 302:
            raise AssertionError(f"{answer.code} {answer.read()[:500]}") from answer
        target = answer.headers["location"]
    parts = urllib.parse.urlsplit(target)
    return target, dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))


def truth(platform, key):
    """A creator's items as they are."""
    return admin("GET", f"/admin/creators/{platform}/{key}/items?limit=20000")["items"]


def is_rejected(call, error):
    """The error that `call` raises; nil and a failure when it raises none."""
    try:
        call()
    except error as raised:
        return raised
    failures.append(f"no {error.__name__}")
    return None
