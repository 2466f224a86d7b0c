"""A strict reader of answers: what a server sends must be beyond doubt too."""

import json
import re

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2}) [\t\x20-\x7e\x80-\xff]*")
FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")


class Malformed(Exception):
    """The bytes are not an answer."""


class Answer:
    """One answer; `problems` says what is wrong with it although it could be read."""

    def __init__(self, status, fields):
        self.status, self.fields, self.body, self.problems = status, fields, b"", []

    def values(self, name):
        return [v for n, v in self.fields if n == name]

    def value(self, name):
        return next(iter(self.values(name)), None)

    @property
    def says_close(self):
        return any(o.strip().lower() == "close" for v in self.values("connection") for o in v.split(","))

    def json(self):
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None

    @property
    def code(self):
        """The envelope's code of a failure."""
        error = (self.json() or {}).get("error")
        return error.get("code") if isinstance(error, dict) else None

    def __str__(self):
        return f"{self.status} {self.code}" if self.code else str(self.status)


class AnswerReader:
    """Feed it what was received; `finals` and `interims` fill up. `bodiless` tells by the final's index."""

    def __init__(self, bodiless=lambda index: False):
        self.buffer, self.finals, self.interims = bytearray(), [], []
        self.bodiless, self.current, self.left, self.state = bodiless, None, 0, self._head
        self.tunnel = None

    def feed(self, data):
        self.buffer += data
        while self.state():
            pass

    def finish(self):
        """The stream has ended: what is still open is cut off, unless its end was the body's end."""
        if self.current is not None:
            if self.state != self._until_close:
                self.current.problems.append("the answer was cut off")
            self._complete()
        elif self.buffer and self.tunnel is None:
            raise Malformed(f"{len(self.buffer)} bytes that begin no answer: {bytes(self.buffer[:60])!r}")

    def _head(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = bytes(self.buffer[:end]).split(b"\r\n")
        match = STATUS_LINE.fullmatch(lines[0])
        if not match:
            raise Malformed(f"not a status line: {lines[0][:80]!r}")
        fields = []
        for line in lines[1:]:
            parsed = FIELD.fullmatch(line)
            if not parsed:
                raise Malformed(f"not a field: {line[:80]!r}")
            fields.append((parsed.group(1).lower().decode(), parsed.group(2).decode("latin-1")))
        del self.buffer[:end + 4]
        answer = Answer(int(match.group(1)), fields)
        if 100 <= answer.status < 200 and answer.status != 101:
            self.interims.append(answer)
            return True
        self.current = answer
        if answer.status == 101:
            self._complete()
            self.tunnel, self.state = bytearray(self.buffer), self._tunnel
            self.buffer.clear()
            return False
        return self._frame(answer)

    def _frame(self, answer):
        lengths, codings = answer.values("content-length"), answer.values("transfer-encoding")
        if len(lengths) + len(codings) > 1:
            answer.problems.append("framed twice")
        if self.bodiless(len(self.finals)) or answer.status in (204, 304):
            return self._complete()
        if codings:
            if codings[0].lower() != "chunked":
                raise Malformed(f"unknown transfer coding {codings[0]!r}")
            self.state = self._chunk_line
        elif lengths:
            if not lengths[0].isdigit():
                raise Malformed(f"content-length {lengths[0]!r}")
            self.left, self.state = int(lengths[0]), self._fixed
        else:
            self.state = self._until_close
        return True

    def _complete(self):
        self.finals.append(self.current)
        self.current, self.state = None, self._head
        return True

    def _fixed(self):
        data = bytes(self.buffer[:self.left])
        del self.buffer[:len(data)]
        self.current.body += data
        self.left -= len(data)
        return self._complete() if self.left == 0 else False

    def _until_close(self):
        self.current.body += bytes(self.buffer)
        self.buffer.clear()
        return False

    def _line(self):
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return None
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        return line

    def _chunk_line(self):
        line = self._line()
        if line is None:
            return False
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}(;.*)?", line):
            raise Malformed(f"not a chunk size: {line[:40]!r}")
        self.left = int(line.split(b";")[0], 16)
        self.state = self._chunk_data if self.left else self._trailers
        return True

    def _chunk_data(self):
        data = bytes(self.buffer[:self.left])
        del self.buffer[:len(data)]
        self.current.body += data
        self.left -= len(data)
        if self.left or len(self.buffer) < 2:
            return False
        if self.buffer[:2] != b"\r\n":
            raise Malformed("chunk data without its end")
        del self.buffer[:2]
        self.state = self._chunk_line
        return True

    def _trailers(self):
        line = self._line()
        if line is None:
            return False
        return True if line else self._complete()

    def _tunnel(self):
        self.tunnel += self.buffer
        self.buffer.clear()
        return False
