"""What a recording backend answers, as the request asks for it.

A request asks by path segments that begin with `~` or by the field `x-echo` (comma-separated):
  status:N  slow:MS  drip:MS  size:BYTES  chunked[:PIECES]  until-close  close  no-upgrade
  continue  interim:N       1xx answers first (100, or N times 103)
  early[:N]                 close without an answer after the head (N bytes of an answer first)
  early-answer              answer after the head, before the body, then close
  reset                     the same as a TCP reset      hang   never answer
  cut:N                     close after N bytes of the answer, head included
  stale                     answer, then close without a word when the next request's bytes come
  drop                      answer, then close at once without having said so
  extra                     a second answer that nobody asked for follows
  bad:KIND                  an answer that is none, one of BAD
Every answer repeats the field `x-nonce`.
"""

import json

PATTERN = b"0123456789abcdef"

#: Malformed answers by name: what a dispatcher must turn into 502 and never pass on.
BAD = {
    "garbage": b"\x00\x01\x02 this is no answer\r\n\r\n",
    "status-line": b"HTTP/1.1 OK 200\r\ncontent-length: 2\r\n\r\nhi",
    "status-short": b"HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\nhi",
    "version": b"HTTP/3.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
    "bare-lf": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nhi",
    "nul": b"HTTP/1.1 200 OK\r\nx-a: a\x00b\r\ncontent-length: 2\r\n\r\nhi",
    "bare-cr": b"HTTP/1.1 200 OK\r\nx-a: a\rb: c\r\ncontent-length: 2\r\n\r\nhi",
    "fold": b"HTTP/1.1 200 OK\r\nx-a: a\r\n b\r\ncontent-length: 2\r\n\r\nhi",
    "no-colon": b"HTTP/1.1 200 OK\r\nx-a a\r\ncontent-length: 2\r\n\r\nhi",
    "space-colon": b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nhi",
    "two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
    "length-and-chunked": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "length-sign": b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nhi",
    "coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "chunk-size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n",
    "chunk-end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhiXX0\r\n\r\n",
    "chunk-late": b"HTTP/1.1 200 OK\r\nx-a: secret-field\r\ntransfer-encoding: chunked\r\n\r\n"
                  b"b\r\nsecret-body\r\nzz\r\n\r\n",
    "huge-head": b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 200_000 + b"\r\ncontent-length: 2\r\n\r\nhi",
    "surplus": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi and more than was announced",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: nobody-asked\r\n\r\n",
}


def directives(request):
    """The directives of a request by name, with their argument or ''."""
    path = request.target.partition(b"?")[0].decode("latin-1")
    words = [s[1:] for s in path.split("/") if s.startswith("~")]
    words += [w.strip() for w in (request.value(b"x-echo") or b"").decode("latin-1").split(",") if w.strip()]
    return {name: argument for name, _, argument in (w.partition(":") for w in words)}


def description(request):
    """The JSON that says how a request was read."""
    said = {"success": True, "method": request.method.decode("latin-1"),
            "target": request.target.decode("latin-1"), "body_len": request.length,
            "body_sha256": request.digest.hexdigest(),
            "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in request.fields]}
    nonce = request.value(b"x-nonce")
    if nonce is not None:
        said["nonce"] = nonce.decode("latin-1")
    return json.dumps(said, separators=(",", ":")).encode()


def envelope(status, code, message, request_id):
    """The failure that every process answers with."""
    return json.dumps({"success": False, "error": {"code": code, "message": message,
                                                   "request_id": request_id}}).encode()


def answer_pieces(request, asked, request_id, body=None, status=None, fields=()):
    """The answer as pieces to be written one after another; framing as the directives ask."""
    status = status or int(asked.get("status", 200))
    if body is None:
        size = int(asked.get("size", 0))
        body = (PATTERN * (size // 16 + 1))[:size] if size else description(request)
    closes = "close" in asked or "until-close" in asked or not request.keeps_alive
    head = [f"HTTP/1.1 {status} Echo", "content-type: application/json", f"x-request-id: {request_id}"]
    head += [f"{name}: {value}" for name, value in fields]
    nonce = request.value(b"x-nonce")
    if nonce is not None:
        head.append("x-nonce: " + nonce.decode("latin-1"))
    if closes:
        head.append("connection: close")
    elif request.version == b"1.0":
        head.append("connection: keep-alive")
    silent = request.method == b"HEAD" or status in (204, 304)
    if "chunked" in asked and request.version == b"1.1":
        head.append("transfer-encoding: chunked")
        count = int(asked["chunked"] or 3)
        step = max(1, -(-len(body) // count))
        parts = [body[i:i + step] for i in range(0, len(body), step)]
        pieces = [b"%x\r\n%b\r\n" % (len(p), p) for p in parts] + [b"0\r\n\r\n"]
    else:
        if "until-close" not in asked and status != 204:
            head.append(f"content-length: {len(body)}")
        pieces = [body]
    return [("\r\n".join(head) + "\r\n\r\n").encode("latin-1")] + ([] if silent else pieces)
