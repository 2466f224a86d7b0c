"""The world that the sandbox plays: creators of the platforms, what they publish, and what goes wrong there."""

import json

from creators import send


class World:
    """The sandbox's admin API."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def call(self, method, path, body=None):
        answer = send(method, self.sandbox + path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})
        assert answer.status < 300, f"{method} {path}: {answer}"
        return json.loads(answer.body) if answer.body else None

    def creator(self, platform, key, **fields):
        """A creator with nothing published unless `size` says otherwise; its key."""
        return self.call("POST", f"/admin/creators/{platform}", {"key": key, "size": 0, **fields})["key"]

    def publish(self, platform, key, **fields):
        """The item that was published, or a list of `count`; on Instagram a title and description are a caption."""
        made = self.call("POST", f"/admin/creators/{platform}/{key}/items", self.worded(platform, fields))["items"]
        return made if "count" in fields else made[0]

    @staticmethod
    def worded(platform, fields):
        if platform == "instagram" and "description" in fields:
            return {**{name: value for name, value in fields.items() if name not in ("title", "description", "tags")}, "caption": fields["description"]}
        return fields

    def edit(self, platform, key, item, **fields):
        return self.call("PATCH", f"/admin/creators/{platform}/{key}/items/{item}", self.worded(platform, fields))

    def delete(self, platform, key, item):
        return self.call("DELETE", f"/admin/creators/{platform}/{key}/items/{item}")

    def items(self, platform, key, deleted=False):
        """All there are, newest first."""
        found = []
        while True:
            page = self.call("GET", f"/admin/creators/{platform}/{key}/items?offset={len(found)}&limit=100" + ("&deleted=true" if deleted else ""))
            found += page["items"]
            if not page["items"] or len(found) >= page["total"]:
                return found

    def fault(self, target, **fault):
        """How the next calls fail: a mode, and what it needs."""
        return self.call("POST", "/faults", {target: fault})

    def mend(self, target=None):
        return self.call("DELETE", "/faults" + (f"?target={target}" if target else ""))

    def advance(self, seconds):
        return self.call("POST", "/admin/clock", {"advance": seconds})

    def requests(self, target):
        """The last calls that a platform has had, without secrets."""
        return self.call("GET", f"/admin/requests?target={target}")

    def remove_authorization(self, platform, key, **how):
        """The creator takes the grant back on the platform's own page; with `url` the platform says so there."""
        return self.call("POST", f"/admin/creators/{platform}/{key}/remove-authorization", how)
