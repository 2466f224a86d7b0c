"""Holds what came back, and what a backend recorded, against a case."""

import re

CODES = {400: "INVALID_REQUEST", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 408: "REQUEST_TIMEOUT",
         413: "PAYLOAD_TOO_LARGE", 414: "INVALID_REQUEST", 417: "INVALID_REQUEST", 431: "INVALID_REQUEST",
         505: "INVALID_REQUEST"}
#: Codes by which a reader refuses; any other answer is the application's.
REFUSALS = {"INVALID_REQUEST", "PAYLOAD_TOO_LARGE", "REQUEST_TIMEOUT"}
SEEN = ("method", "target", "body_len", "body_sha256")


def seen_by(answer):
    """What an echo says it saw as (method, target, length, sha256), or None when it is no echo."""
    said = answer.json() or {}
    return tuple(said[k] for k in SEEN) if all(k in said for k in SEEN) else None


class Judge:
    """`opaque` targets do not echo: whatever is not the reader's refusal counts as ok."""

    def __init__(self, opaque=False):
        self.opaque = opaque

    def is_ok(self, answer, bodiless):
        if self.opaque:
            if bodiless:
                return answer.status not in (400, 408, 413, 414, 417, 431, 501, 505)
            return answer.status < 400 or answer.code is not None and answer.code not in REFUSALS
        return answer.status == 200 and (bodiless or seen_by(answer) is not None)

    def exchange(self, case, frame, outcome):
        """Every disagreement, one sentence each, and the backend entries that the answers promise."""
        wrong = [outcome.problem] if outcome.problem else []
        promised, position = [], 0
        entries = iter([] if case.backend == "any" else case.backend)
        for expected in case.answers:
            entry = next(entries, None) if expected.ok or 101 in expected.statuses else None
            answer = outcome.answers[position] if position < len(outcome.answers) else None
            if answer is None or not self._fits(case, expected, answer):
                if expected.optional:
                    continue
                wrong.append(f"expected {expected}, got {answer if answer else 'no answer'}"
                             + (" and a reset" if answer is None and outcome.reset else ""))
                break
            position += 1
            wrong += self._answer_problems(answer, expected)
            taken = expected.ok and self.is_ok(answer, expected.bodiless) or answer.status == 101
            if entry is not None and taken:
                promised.append(entry)
                if not self.opaque and not expected.bodiless and answer.status != 101:
                    wrong += self._echo_problems(frame.seen(entry), seen_by(answer), entry, answer)
        else:
            if position < len(outcome.answers):
                wrong.append(f"{len(outcome.answers) - position} answers too many: {outcome.answers[position]}")
        wrong += self._connection_problems(case, frame, outcome)
        return wrong, promised

    def _fits(self, case, expected, answer):
        """An opaque application may also answer before it has looked at the method or the body."""
        early = self.opaque and (case.aborted or not expected.statuses.isdisjoint({405, 413}))
        return answer.status in expected.statuses or (expected.ok or early) and self.is_ok(answer, expected.bodiless)

    def _answer_problems(self, answer, expected):
        wrong = list(answer.problems)
        if answer.status == 101:
            return wrong
        request_id = answer.value("x-request-id")
        if not request_id:
            wrong.append(f"the {answer.status} carries no x-request-id")
        is_taken = (expected.ok or self.opaque) and self.is_ok(answer, False)
        if answer.status not in CODES or expected.bodiless or is_taken:
            return wrong
        said = answer.json()
        error = said.get("error") if said else None
        if not isinstance(error, dict) or said.get("success") is not False:
            return wrong + [f"the {answer.status} is not the envelope: {answer.body[:80]!r}"]
        if error.get("code") != CODES[answer.status]:
            wrong.append(f"code {error.get('code')} on {answer.status}, not {CODES[answer.status]}")
        if not isinstance(error.get("message"), str) or not error["message"]:
            wrong.append("the envelope has no message")
        if not error.get("request_id") or error["request_id"] != request_id:
            wrong.append(f"request_id {error.get('request_id')!r} is not x-request-id {request_id!r}")
        if not re.fullmatch(r"application/json(; ?charset=utf-8)?", (answer.value("content-type") or "").lower()):
            wrong.append(f"the envelope's content-type is {answer.value('content-type')}")
        if answer.status == 405 and not answer.value("allow"):
            wrong.append("405 without Allow")
        return wrong

    def _echo_problems(self, wanted, seen, entry, answer):
        if seen is None:
            return []
        wrong = [f"{name} {got!r} was seen, not {want!r}" for name, want, got in zip(SEEN, wanted, seen)
                 if want != got]
        return wrong + field_problems(entry, (answer.json() or {}).get("headers", []), hop_by_hop=False)

    def _connection_problems(self, case, frame, outcome):
        if case.closes is True:
            if not outcome.closed:
                return ["the connection stays open"]
            last = outcome.answers[-1] if outcome.answers and not case.half_closes else None
            if last is not None and last.status in CODES and not last.says_close:
                return [f"the closing {last.status} does not say connection: close"]
            return []
        if not outcome.probed or outcome.closed and outcome.probe is None:
            return ["the connection was closed"] if case.closes is False and outcome.closed else []
        if outcome.probe is None:
            return ["a further request on the connection is not answered"]
        if not self.is_ok(outcome.probe, False):
            return [f"a further request on the connection is answered by {outcome.probe}"]
        seen = seen_by(outcome.probe)
        if not self.opaque and seen[1] != f"{frame.path}/probe":
            return [f"a further request is answered as if its target were {seen[1]!r}"]
        return []


def field_problems(entry, fields, hop_by_hop=True):
    """Whether the fields that were seen hold what they must (`with`) and lack what they must.

    `dropped` are lost everywhere (trailers), `without` are a connection's own and lost where it is forwarded.
    """
    wrong = []
    for name, value in entry.get("with", {}).items():
        values = [v for n, v in fields if n.lower() == name]
        if values != [value]:
            wrong.append(f"field {name} is {values}, not {value!r}")
    for name in entry.get("dropped", []) + (entry.get("without", []) if hop_by_hop else []):
        if any(n.lower() == name for n, _ in fields):
            wrong.append(f"field {name} is there")
    return wrong


def backend_problems(case, frame, promised, records):
    """What the backend's own record says: exactly the promised requests, nothing hidden, nothing broken."""
    wrong = [f"the dispatcher sent a broken request: {r['violation']}" for r in records if r.get("violation")]
    for text in case.never:
        if any(frame.bytes(text).decode("latin-1") in r["raw"] for r in records):
            wrong.append(f"{text!r} reached the backend")
    for text in case.unasked:
        if any(frame.bytes(text).decode("latin-1") == r["target"] for r in records):
            wrong.append(f"{text!r} was asked of the backend")
    if case.backend == "any":
        return wrong
    probe = f"{frame.path}/probe"
    whole = [r for r in records if r["complete"] and r["target"] != probe]
    partial = [r for r in records if not r["complete"] and not r.get("violation")]
    if partial and not case.aborted:
        wrong.append(f"a part of a refused request reached the backend: {partial[0]['target']}")
    wanted = [frame.seen(entry) for entry in promised]
    saw = [tuple(r[k] for k in SEEN) for r in whole]
    if sorted(wanted) != sorted(saw):
        wrong.append(f"the backend saw {saw}, not {wanted}")
        return wrong
    for entry, want in zip(promised, wanted):
        match = next(r for r, got in zip(whole, saw) if got == want)
        wrong += field_problems(entry, match["headers"])
    return wrong
