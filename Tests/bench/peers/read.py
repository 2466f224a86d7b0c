"""An ASGI application that answers what bench-read answers, as one writes it with asyncpg.

uvicorn with uvloop and httptools serves it. Verified tokens are remembered, as ours are; nothing is
logged and no request id is made, which is in its favour.
"""

import json
import os

import asyncpg
import jwt

IDENTITY = """
select
    set_config('role', $1, true), set_config('request.jwt.claims', $2, true),
    set_config('app.request_id', $3, true), set_config('statement_timeout', $4, true)
"""
READ = "select id, display_name, bio, profile_slug, is_public, created_at from public.users where id = $1"
COUNT = "select let_in = 1, remaining, reset_seconds from internal.take_rate_limits(array[$1], $2, '1 hour')"
LIMIT = int(os.environ.get("RATE_LIMIT_USER_PER_HOUR", "0"))
KEY = jwt.PyJWK(json.loads(os.environ["JWT_JWKS"])["keys"][0]).key
ISSUER = os.environ["JWT_ISSUER"]

pool = None
verified = {}


async def leave_as_it_is(connection):
    """What a transaction sets ends with it, so that there is nothing to reset."""


def claims_of(token):
    known = verified.get(token)
    if known is None:
        claims = jwt.decode(token, KEY, algorithms=["ES256"], audience="authenticated", issuer=ISSUER)
        known = claims["sub"], json.dumps(claims)
        if len(verified) >= 2048:
            verified.pop(next(iter(verified)))
        verified[token] = known
    return known


async def answer(scope):
    token = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            token = value.decode()[7:]
    user, claims = claims_of(token)
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store"),
               (b"x-request-id", b"01jc0000000000000000000000")]
    async with pool.acquire() as connection:
        if LIMIT:
            allowed, left, reset = await connection.fetchrow(COUNT, f"user:{user}", LIMIT)
            headers += [(b"ratelimit-policy", b'"user";q=%d;w=3600' % LIMIT), (b"ratelimit", b'"user";r=%d;t=%d' % (left, reset))]
            if not allowed:
                return 429, headers, b"{}"
        async with connection.transaction():
            await connection.fetchrow(IDENTITY, "edge_user", claims, "01jc0000000000000000000000", "8000")
            row = await connection.fetchrow(READ, user)
    body = {"success": True, **row, "id": str(row["id"]), "created_at": row["created_at"].isoformat()}
    return 200, headers, json.dumps(body).encode()


async def app(scope, receive, send):
    global pool
    if scope["type"] == "lifespan":
        await receive()
        size = int(os.environ["PEER_CONNECTIONS"])
        tuned = {"reset": leave_as_it_is} if os.environ.get("PEER_RESET") == "off" else {}
        pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=size, max_size=size, **tuned)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await pool.close()
        await send({"type": "lifespan.shutdown.complete"})
        return
    status, headers, body = await answer(scope)
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
