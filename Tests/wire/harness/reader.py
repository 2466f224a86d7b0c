"""A strict request reader without any I/O: bytes in, events out, a Refusal when a rule is broken.

The recording backend reads with it, so whatever a dispatcher forwards is held against the same
grammar. Each rule can be switched off by name: `self_check.py` proves with such broken twins that
the corpus notices every one of them.
"""

import hashlib
import re
from dataclasses import dataclass, field

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/(1\.[01])")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*"
                   rb"[\x21-\x7e\x80-\xff])?)?)[ \t]*")
AUTHORITY = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+;=%]+)(?::[0-9]{0,5})?")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})((?:;[\t\x20-\x7e\x80-\xff]*)?)")
BROKEN_LINE = re.compile(rb"(?<!\r)\n|\r[^\n]|\x00")
BAD_PATH = re.compile(rb"%(?![0-9A-Fa-f]{2})|%00|%2[Ff]|%5[Cc]|/(?:\.|%2[Ee]){1,2}(?=/|$)")
METHODS = {b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"}
OPTIONS_ALLOWED = {b"close", b"keep-alive", b"upgrade", b"te", b"http2-settings"}

#: What a state says that has taken bytes and has no event for them.
AGAIN = object()

#: Every rule that can be switched off.
RULES = frozenset("""
    absolute-authority authority-form backslash bare-cr bare-lf body-limit body-of-get chunk-data-end
    chunk-digits chunk-extension-size chunk-line-end chunk-prefix chunk-sign chunk-space close-after-refusal
    colon-missing connection-options count-limit dot-segments empty-name encoded-nul encoded-slash expect
    field-name fragment head-limit host-authority host-missing host-twice http09 leading-lines length-empty
    length-list length-octal length-prefix length-sign length-twice-first length-twice-last length-with-coding
    method nul obs-fold percent request-line-space space-before-colon target-limit target-non-ascii
    trailer-grammar trailer-merge trailer-size coding-list coding-on-10 coding-twice coding-unknown
    coding-whitespace value-control version
""".split())


class Refusal(Exception):
    """The request is not taken: the status to answer with, and which rule it broke."""

    def __init__(self, status, rule):
        super().__init__(f"{status} {rule}")
        self.status, self.rule = status, rule


@dataclass
class Limits:
    head: int = 65536
    fields: int = 100
    target: int = 8192
    body: int = 1 << 20
    extension: int = 256
    trailers: int = 8192


@dataclass
class Request:
    """One request as it was framed; the target is in origin-form."""

    method: bytes
    target: bytes
    version: bytes
    fields: list
    raw: bytes = b""
    length: int = 0
    digest: object = field(default_factory=hashlib.sha256)
    keeps_alive: bool = True
    waits: bool = False
    upgrade: bytes = b""
    chunked: bool = False

    def value(self, name):
        """The first field of that (lower-case) name."""
        return next((v for n, v in self.fields if n == name), None)


class Reader:
    """Feed it bytes, then take events until None: ("head", request), ("data", bytes), ("end", request)."""

    def __init__(self, limits=None, without=()):
        unknown = set(without) - RULES
        if unknown:
            raise ValueError(f"no such rule: {', '.join(sorted(unknown))}")
        self.limits, self.without = limits or Limits(), frozenset(without)
        self.buffer, self.state, self.request = bytearray(), self._head, None
        self.blank, self.left, self.trailer_bytes = False, 0, 0

    def feed(self, data):
        self.buffer += data

    @property
    def in_message(self):
        """Whether the stream ends inside a message when it ends now."""
        return bool(self.buffer) or self.state != self._head

    def next(self):
        event = AGAIN
        while event is AGAIN:
            event = self.state()
        return event

    def _rule(self, name):
        return name not in self.without

    def _refuse_unless(self, holds, rule, status=400):
        if not holds and self._rule(rule):
            raise Refusal(status, rule)

    # Head

    def _head(self):
        buffer = self.buffer
        while buffer[:2] == b"\r\n" and not (self.blank and self._rule("leading-lines")):
            del buffer[:2]
            self.blank = True
        if not self._rule("bare-lf"):
            self._repair_lines()
        end = buffer.find(b"\r\n\r\n")
        line_end = buffer.find(b"\r\n")
        line = bytes(buffer[:line_end if line_end >= 0 else len(buffer)])
        if len(line) > self.limits.target and self._rule("target-limit"):
            target = line.split(b" ")[1] if line.count(b" ") else b""
            if len(target) > self.limits.target:
                raise Refusal(414, "target-limit")
        size = end + 4 if end >= 0 else len(buffer)
        if size > self.limits.head:
            self._refuse_unless(False, "head-limit", 431)
        if end < 0:
            if self._rule("bare-lf") and self._rule("bare-cr") and self._rule("nul") \
                    and BROKEN_LINE.search(buffer):
                raise Refusal(400, "bare-lf")
            if line_end > 0 and not self._rule("http09") and line.count(b" ") == 1:
                del buffer[:line_end + 2]
                return self._begin(Request(b"GET", line.split(b" ")[1], b"1.0", [], line))
            return None
        raw = bytes(buffer[:end + 4])
        del buffer[:end + 4]
        self.blank = False
        lines = raw[:-4].split(b"\r\n")
        if len(lines) - 1 > self.limits.fields:
            self._refuse_unless(False, "count-limit", 431)
        method, target, version = self._request_line(lines[0])
        fields = self._fields(lines[1:])
        return self._begin(Request(method, target, version, fields, raw))

    def _repair_lines(self):
        if self.buffer.find(b"\n\n") >= 0 or self.buffer.find(b"\n\r\n") >= 0:
            head, gap, rest = re.split(rb"(\r?\n\r?\n)", bytes(self.buffer), maxsplit=1)
            head = re.sub(rb"(?<!\r)\n", b"\r\n", head)
            self.buffer[:] = head + b"\r\n\r\n" + rest

    def _request_line(self, line):
        if not self._rule("request-line-space"):
            line = b" ".join(line.split())
        if not self._rule("target-non-ascii"):
            line = re.sub(rb"[\x80-\xff]", b"a", line)
        if not self._rule("http09") and line.count(b" ") == 1:
            line += b" HTTP/1.0"
        if not self._rule("version"):
            line = re.sub(rb"HTTP/[0-9.]+$", b"HTTP/1.1", line, flags=re.IGNORECASE)
        match = REQUEST_LINE.fullmatch(line)
        if not match:
            if re.fullmatch(TOKEN + rb" [\x21-\x7e]+ HTTP/[0-9]\.[0-9]", line):
                raise Refusal(505, "version")
            raise Refusal(400, "request-line-space")
        method, target, version = match.groups()
        if method in (b"TRACE", b"CONNECT") or method not in METHODS:
            self._refuse_unless(False, "method", 405)
        return method, target, version

    def _fields(self, lines):
        fields = []
        for line in lines:
            if line[:1] in (b" ", b"\t") and fields and not self._rule("obs-fold"):
                fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
                continue
            fields.append(self._field(line))
        return fields

    def _field(self, line):
        if not self._rule("coding-whitespace"):
            name, colon, value = line.partition(b":")
            line = name + colon + value.strip(b" \t\x0b\x0c\x85\xa0")
        match = FIELD.fullmatch(line)
        if match:
            return match.group(1).lower(), match.group(2)
        name, colon, value = line.partition(b":")
        if not colon:
            self._refuse_unless(False, "colon-missing")
            name, _, value = line.partition(b" ")
        if not name:
            self._refuse_unless(False, "empty-name")
        if name != name.rstrip(b" \t"):
            self._refuse_unless(False, "space-before-colon")
            name = name.rstrip(b" \t")
        if name and not re.fullmatch(TOKEN, name):
            self._refuse_unless(name[:1] in (b" ", b"\t") and not self._rule("obs-fold"), "field-name")
        for rule, bad in (("nul", rb"\x00"), ("bare-cr", rb"\r"), ("bare-lf", rb"\n"),
                          ("value-control", rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")):
            self._refuse_unless(not re.search(bad, value), rule)
        return name.strip().lower(), value.strip(b" \t")

    # What the head means

    def _begin(self, request):
        hosts = self._values(request, b"host")
        self._refuse_unless(len(hosts) <= 1, "host-twice")
        self._refuse_unless(hosts or request.version == b"1.0", "host-missing")
        self._refuse_unless(all(AUTHORITY.fullmatch(host) for host in hosts), "host-authority")
        request.target = self._target(request, hosts[-1] if hosts else b"")
        self._framing(request)
        options = [o.strip(b" \t").lower() for v in self._values(request, b"connection") for o in v.split(b",")]
        self._refuse_unless(all(o in OPTIONS_ALLOWED for o in options if o), "connection-options")
        request.keeps_alive = b"close" not in options and (request.version == b"1.1" or b"keep-alive" in options)
        request.upgrade = (request.value(b"upgrade") or b"") if b"upgrade" in options else b""
        for value in self._values(request, b"expect"):
            self._refuse_unless(value.lower() == b"100-continue", "expect", 417)
        request.waits = request.version == b"1.1" and request.value(b"expect") is not None
        self.request = request
        return "head", request

    @staticmethod
    def _values(request, name):
        return [v for n, v in request.fields if n == name]

    def _target(self, request, host):
        target = request.target
        if len(target) > self.limits.target:
            self._refuse_unless(False, "target-limit", 414)
        self._refuse_unless(b"#" not in target, "fragment")
        self._refuse_unless(b"\\" not in target, "backslash")
        if target == b"*" and request.method == b"OPTIONS":
            return target
        absolute = re.fullmatch(rb"https?://([^/?]*)(/.*)", target, flags=re.DOTALL | re.IGNORECASE)
        if absolute:
            self._refuse_unless(absolute.group(1) == host and AUTHORITY.fullmatch(host), "absolute-authority")
            target = absolute.group(2)
        if target[:1] != b"/":
            self._refuse_unless(False, "authority-form")
            target = b"/" + target
        path, mark, query = target.partition(b"?")
        for match in BAD_PATH.finditer(path):
            found = match.group().lower()
            rule = {b"%": "percent", b"%00": "encoded-nul", b"%2f": "encoded-slash", b"%5c": "encoded-slash"}
            self._refuse_unless(False, rule.get(found, "dot-segments"))
        return path + mark + query

    def _framing(self, request):
        lengths = self._lengths(request)
        codings = self._values(request, b"transfer-encoding")
        if codings:
            self._refuse_unless(request.version == b"1.1", "coding-on-10")
            self._refuse_unless(len(codings) == 1, "coding-twice")
            exact = codings[0].lower() == b"chunked"
            if not exact and b"chunked" in codings[0].lower() and not self._rule("coding-list"):
                exact = True
            self._refuse_unless(exact, "coding-unknown")
            self._refuse_unless(not lengths, "length-with-coding")
            request.chunked = exact
        if request.chunked:
            self.state = self._chunk_size
            return
        self.left = lengths[0] if lengths else 0
        if self.left > self.limits.body:
            self._refuse_unless(False, "body-limit", 413)
        if request.method == b"GET" and not self._rule("body-of-get"):
            self.left = 0
        self.state = self._fixed

    def _lengths(self, request):
        values = self._values(request, b"content-length")
        if len(values) > 1:
            if not self._rule("length-twice-first"):
                values = values[:1]
            elif not self._rule("length-twice-last"):
                values = values[-1:]
            else:
                raise Refusal(400, "length-twice-first")
        return [self._length(v) for v in values]

    def _length(self, value):
        if re.fullmatch(rb"[0-9]{1,18}", value):
            return int(value, 8 if value[:1] == b"0" and not self._rule("length-octal")
                       and re.fullmatch(rb"[0-7]+", value) else 10)
        if re.fullmatch(rb"[0-9]{19,}", value):
            raise Refusal(413, "body-limit")
        for rule, pattern in (("length-empty", rb""), ("length-sign", rb"\+([0-9]+)"),
                              ("length-list", rb"([0-9]+)(?:, ?\1)+"), ("length-prefix", rb"([0-9]+).*")):
            match = None if self._rule(rule) else re.fullmatch(pattern, value, flags=re.DOTALL)
            if match:
                return int(match.group(1)) if match.groups() else 0
        raise Refusal(400, "length-prefix")

    # Body

    def _take(self, data):
        self.request.length += len(data)
        if self.request.length > self.limits.body:
            self._refuse_unless(False, "body-limit", 413)
        self.request.digest.update(data)
        return "data", data

    def _end(self):
        request, self.request, self.state = self.request, None, self._head
        return "end", request

    def _fixed(self):
        if self.left == 0:
            return self._end()
        if not self.buffer:
            return None
        data = bytes(self.buffer[:self.left])
        del self.buffer[:len(data)]
        self.left -= len(data)
        return self._take(data)

    def _line(self, longest):
        """One line of the chunk framing without its end, or None while it is incomplete."""
        end = self.buffer.find(b"\n")
        if end < 0:
            if len(self.buffer) > longest or re.search(rb"\r.", self.buffer, re.DOTALL):
                raise Refusal(400, "chunk-line-end")
            return None
        line = bytes(self.buffer[:end])
        if line[-1:] == b"\r":
            line = line[:-1]
        else:
            self._refuse_unless(False, "chunk-line-end")
        del self.buffer[:end + 1]
        return line

    def _chunk_size(self):
        surplus = 0 if self._rule("chunk-extension-size") else 1 << 16
        line = self._line(16 + 1 + self.limits.extension + 1 + surplus)
        if line is None:
            return None
        size = self._size(line)
        if size == 0:
            self.trailer_bytes, self.state = 0, self._trailer
            return AGAIN
        if self.request.length + size > self.limits.body:
            self._refuse_unless(False, "body-limit", 413)
        self.left, self.state = size, self._chunk_data
        return AGAIN

    def _size(self, line):
        match = CHUNK.fullmatch(line)
        if match:
            if len(match.group(2)) > self.limits.extension:
                self._refuse_unless(False, "chunk-extension-size")
            return int(match.group(1), 16)
        for rule, pattern in (("chunk-space", rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?"),
                              ("chunk-sign", rb"[+-]?(?:0[xX])?([0-9A-Fa-f_]{1,16})"),
                              ("chunk-digits", rb"0*([0-9A-Fa-f]{1,16})"),
                              ("chunk-prefix", rb"([0-9A-Fa-f]{0,16}).*")):
            lenient = None if self._rule(rule) else re.fullmatch(pattern, line, flags=re.DOTALL)
            if lenient:
                return int(lenient.group(1).replace(b"_", b"") or b"0", 16)
        raise Refusal(400, "chunk-prefix")

    def _chunk_data(self):
        if not self.buffer:
            return None
        data = bytes(self.buffer[:self.left])
        del self.buffer[:len(data)]
        self.left -= len(data)
        if self.left == 0:
            self.state = self._chunk_end
        return self._take(data)

    def _chunk_end(self):
        if len(self.buffer) < 2 and self.buffer not in (b"\n",) and (not self.buffer or self.buffer == b"\r"):
            return None
        if self.buffer[:2] == b"\r\n":
            del self.buffer[:2]
        elif not self._rule("chunk-data-end"):
            del self.buffer[:1 if self.buffer[:1] == b"\n" else 2]
        else:
            raise Refusal(400, "chunk-data-end")
        self.state = self._chunk_size
        return AGAIN

    def _trailer(self):
        line = self._line(self.limits.trailers)
        if line is None:
            return None
        if not line:
            return self._end()
        self.trailer_bytes += len(line) + 2
        if self.trailer_bytes > self.limits.trailers:
            self._refuse_unless(False, "trailer-size", 431)
        if self._rule("trailer-grammar"):
            trailer = self._field(line)
            if not self._rule("trailer-merge"):
                self.request.fields.append(trailer)
        return AGAIN
