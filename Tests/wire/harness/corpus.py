"""The corpus: raw requests and what must come of them, one JSON file a group.

A piece of `send` is a string (its characters are the bytes, U+0000 to U+00FF) or an object:
  {"repeat": s, "times": n}        s n times; n may also be "max_body", "max_body+1" or "max_body-5"
  {"pad": c, "after": s, "to": n}  as many c as are missing when s has been sent, up to n bytes
  {"drip": s}                      a packet for each byte
  {"pause": seconds}  {"shutdown": true}  {"await": 100 | "answer" | "any"}
`{path}` is the echo route with the case's own nonce, `{base}` the route alone, `{host}` the authority,
`{max_body}` and the like the size, with `:x` in hexadecimal.

`answers` lists the final answers in order: "ok" (the application's answer), a status, a list of these
when several are right, with "?" at the end when it may be missing, or {"status": …, "bodiless": true}.
`backend` has one entry for each "ok"; requests that were refused must never reach it whole. It is "any"
where nothing is promised. `never` lists bytes that must not reach it, `unasked` targets that it must not be
asked for (they may be in a body). `aborted` says that a backend may have seen a part, since bodies are streamed.
`direct` and `dispatcher` override members for one role.
"""

import hashlib
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "corpus"
MEMBERS = {"id", "name", "source", "send", "answers", "closes", "backend", "never", "unasked", "aborted", "slow",
           "tunnel", "direct", "dispatcher", "group"}
ROLES = ("direct", "dispatcher")


class CorpusError(Exception):
    """A case that cannot be run as it is written."""


class Case:
    """One case as one role has to see it."""

    def __init__(self, row, role):
        merged = {**row, **row.get(role, {})}
        self.id, self.name, self.source, self.group = (merged[k] for k in ("id", "name", "source", "group"))
        self.send, self.closes = merged["send"], merged["closes"]
        self.answers = [Expected(entry) for entry in merged["answers"]]
        self.backend = merged["backend"]
        self.never, self.unasked = merged.get("never", []), merged.get("unasked", [])
        self.aborted, self.slow = merged.get("aborted", False), merged.get("slow", False)
        self.tunnel = merged.get("tunnel")
        self.half_closes = any(isinstance(piece, dict) and "shutdown" in piece for piece in self.send)
        #: Whether both roles have to say the same: nothing is left open, and neither has rules of its own.
        self.is_comparable = self.backend != "any" and not any(r in row for r in ROLES)


class Expected:
    """What one answer may be."""

    def __init__(self, entry):
        self.bodiless = isinstance(entry, dict) and entry.get("bodiless", False)
        choices = entry["status"] if isinstance(entry, dict) else entry
        choices = choices if isinstance(choices, list) else [choices]
        self.optional = any(str(c).endswith("?") for c in choices)
        self.ok = any(str(c).rstrip("?") == "ok" for c in choices)
        self.statuses = {int(str(c).rstrip("?")) for c in choices if str(c).rstrip("?") != "ok"}

    def __str__(self):
        words = (["ok"] if self.ok else []) + [str(s) for s in sorted(self.statuses)]
        return " or ".join(words) + ("?" if self.optional else "")


class Frame:
    """What the placeholders stand for in one exchange."""

    def __init__(self, base, nonce, host, max_body):
        self.base, self.nonce, self.host, self.max_body = base, nonce, host, max_body
        self.path = f"{base}/{nonce}" if nonce else base
        self.words = {"path": self.path, "base": base, "nonce": nonce or "n", "host": host}
        for name, size in (("max_body", max_body), ("max_body+1", max_body + 1), ("max_body-5", max_body - 5)):
            self.words |= {name: str(size), f"{name}:x": f"{size:x}"}

    def text(self, text):
        def stands_for(match):
            name = match.group(1)
            return self.words[name] if name in self.words else match.group()
        return re.sub(r"\{([a-z_]+(?:[+-]\d)?(?::x)?)\}", stands_for, text).encode("latin-1")

    def count(self, times):
        return times if isinstance(times, int) else int(self.words[times])

    def bytes(self, pieces):
        """The bytes of a text or of a list of pieces that only describe bytes."""
        if isinstance(pieces, str):
            return self.text(pieces)
        return b"".join(self.piece(p) for p in pieces)

    def piece(self, piece):
        if isinstance(piece, str):
            return self.text(piece)
        if "repeat" in piece:
            return self.text(piece["repeat"]) * self.count(piece["times"])
        if "pad" in piece:
            return piece["pad"].encode("latin-1") * (piece["to"] - len(self.bytes(piece["after"])))
        if "drip" in piece:
            return self.text(piece["drip"])
        raise CorpusError(f"no bytes in {piece}")

    def seen(self, entry):
        """A backend entry as (method, target, length, sha256)."""
        body = self.bytes(entry.get("body", ""))
        return (entry.get("method", "GET"), self.bytes(entry.get("target", "{path}")).decode("latin-1"),
                len(body), hashlib.sha256(body).hexdigest())


def rows(only=()):
    """Every row of the groups asked for (all when none is named)."""
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        if only and file.stem not in only:
            continue
        with file.open(encoding="utf-8") as source:
            group = json.load(source)
        if group["group"] != file.stem:
            raise CorpusError(f"{file.name} says it is the group {group['group']!r}")
        found += [{**case, "group": file.stem} for case in group["cases"]]
    missing = set(only) - {row["group"] for row in found}
    if missing:
        raise CorpusError(f"no such group: {', '.join(sorted(missing))}")
    return found


def problems(found):
    """What is wrong with the corpus itself, one sentence each."""
    wrong, ids = [], set()
    for row in found:
        where = row.get("id", "a case without id")
        unknown = set(row) - MEMBERS
        if unknown:
            wrong.append(f"{where}: unknown members {sorted(unknown)}")
        if where in ids:
            wrong.append(f"{where}: the id is used twice")
        ids.add(where)
        if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", where) or where.split("/")[0] != row["group"]:
            wrong.append(f"{where}: an id is group/name in lower case")
        if not str(row.get("source", "")).strip() or not str(row.get("name", "")).strip():
            wrong.append(f"{where}: name and source are needed")
        for role in ROLES:
            wrong += [f"{where} ({role}): {problem}" for problem in _problems_of(row, role)]
    return wrong


def _problems_of(row, role):
    try:
        case, frame = Case(row, role), Frame("/base", "n-0", "h:1", 100)
        if not any(isinstance(p, str) or {"repeat", "drip"} & set(p) for p in case.send):
            yield "sends nothing"
        for piece in case.send:
            if not (isinstance(piece, dict) and {"pause", "shutdown", "await"} & set(piece)):
                frame.piece(piece)
        if case.closes not in (True, False, "either"):
            yield "closes is true, false or \"either\""
        if case.backend != "any":
            for entry in case.backend:
                frame.seen(entry)
            if len(case.backend) != sum(e.ok or 101 in e.statuses for e in case.answers):
                yield "one backend entry is needed for each ok answer"
    except (KeyError, ValueError, TypeError, UnicodeEncodeError, CorpusError) as error:
        yield f"{type(error).__name__}: {error}"
