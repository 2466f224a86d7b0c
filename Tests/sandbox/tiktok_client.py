#!/usr/bin/env python3
"""usage: tiktok_client.py HTTP_HOST:PORT

Signs in at the sandbox's TikTok as its documentation tells, reads people and videos, and holds what comes
against tiktok_fields.json. Prints what differs and exits 1.
"""

import base64
import hashlib
import hmac
import json
import os

import requests
from platforms import BACK, BASE, SECRET, admin, expect, location, report, told, truth

KNOWN = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tiktok_fields.json"), encoding="utf-8"))
SCOPES = [*KNOWN["scopes"], "video.list"]
FIELDS = ",".join(KNOWN["video"])
VERIFIER = "abcdefghijklmnopqrstuvwxyz-0123456789.ABCDEFG~"
KINDS = {"string": str, "integer": int, "boolean": bool}


def consent(account="ada", **parameters):
    return location(f"{BASE}/tiktok/v2/auth/authorize/", **{
        "client_key": "sandbox-tiktok", "redirect_uri": BACK, "response_type": "code", "scope": ",".join(SCOPES), "state": "s",
        "auto": "approve", "account": account, **parameters})[1]


def token(**form):
    return requests.post(f"{BASE}/tiktok/v2/oauth/token/", data={"client_key": "sandbox-tiktok", "client_secret": SECRET, **form}, timeout=20)


def exchange(code, **form):
    return token(**{"grant_type": "authorization_code", "redirect_uri": BACK, "code": code, **form})


def refresh(text):
    return token(grant_type="refresh_token", refresh_token=text)


def sign_in(account="ada", **parameters):
    return exchange(consent(account, **parameters)["code"]).json()


def person(access, fields):
    return requests.get(f"{BASE}/tiktok/v2/user/info/", params={"fields": fields}, headers={"authorization": f"Bearer {access}"}, timeout=20)


def videos(access, path="list", fields=FIELDS, **body):
    return requests.post(f"{BASE}/tiktok/v2/video/{path}/", params={"fields": fields}, json=body, headers={"authorization": f"Bearer {access}"}, timeout=20)


def is_refused(answer, status, code):
    """The two shapes of refusals: flat at the token endpoint, in an envelope elsewhere."""
    body = answer.json()
    if isinstance(body.get("error"), str):
        said, members, known = body["error"], sorted(body), sorted(KNOWN["oauth_error"])
    else:
        said, members, known = body["error"]["code"], sorted(body["error"]), sorted(KNOWN["error"])
    expect((answer.status_code, said, members) == (status, code, known), f"{answer.status_code} {answer.text[:300]}")


def tokens():
    """Codes once, PKCE in hex, and a refresh that ends the older refresh token."""
    admin("POST", "/admin/reset")
    back = consent()
    expect(sorted(back) == ["code", "scopes", "state"] and "*" in back["code"] and "!" in back["code"], back)
    is_refused(exchange(back["code"], redirect_uri=BACK + "/"), 400, "invalid_request")
    is_refused(exchange(back["code"], client_secret="x"), 401, "invalid_client")
    pair = exchange(back["code"]).json()
    expect(sorted(pair) == sorted(KNOWN["token"]) and pair["expires_in"] == 7200 and pair["refresh_expires_in"] == 15_552_000, pair)
    is_refused(exchange(back["code"]), 400, "invalid_grant")
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    plain = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    for challenge, verifier, is_good in (
            (digest.hex(), VERIFIER, True), (digest.hex(), VERIFIER + "x", False), (plain, VERIFIER, False), (digest.hex(), None, False)):
        text = consent(code_challenge=challenge, code_challenge_method="S256")["code"]
        answer = exchange(text, **({"code_verifier": verifier} if verifier else {}))
        expect((answer.status_code == 200) == is_good, f"{challenge} {verifier} {answer.text}")
    late = consent()["code"]
    admin("POST", "/admin/clock", {"advance": 601})
    is_refused(exchange(late), 400, "invalid_grant")
    expect(consent(code_challenge="x", code_challenge_method="plain")["error"] == "invalid_request", "plain PKCE")

    newer = refresh(pair["refresh_token"]).json()
    expect(newer["refresh_token"] != pair["refresh_token"] and newer["access_token"] != pair["access_token"], newer)
    is_refused(refresh(pair["refresh_token"]), 400, "invalid_grant")
    expect(refresh(newer["refresh_token"]).status_code == 200, "the newer token")
    expect(person(pair["access_token"], "open_id").status_code == 200, "an access token before its end")
    admin("POST", "/admin/clock", {"advance": 7200})
    is_refused(person(pair["access_token"], "open_id"), 401, "access_token_invalid")
    last = sign_in()
    admin("POST", "/admin/clock", {"advance": 15_552_000})
    is_refused(refresh(last["refresh_token"]), 400, "invalid_grant")
    admin("POST", "/admin/settings", {"tiktok_oauth_error_status": 200})
    is_refused(refresh(last["refresh_token"]), 200, "invalid_grant")
    admin("POST", "/admin/reset")

    pair = sign_in()
    form = {"client_key": "sandbox-tiktok", "client_secret": SECRET, "token": pair["access_token"]}
    gone = requests.post(f"{BASE}/tiktok/v2/oauth/revoke/", data=form, timeout=20)
    expect((gone.status_code, gone.json()) == (200, {}), gone.text)
    is_refused(person(pair["access_token"], "open_id"), 401, "access_token_invalid")
    is_refused(refresh(pair["refresh_token"]), 400, "invalid_grant")
    denied = consent(auto="deny")
    expect(denied["error"] == "access_denied" and denied["state"] == "s" and "error_description" in denied, denied)
    expect(consent(scope="nonsense")["error"] == "invalid_scope", "an unknown scope")
    part = sign_in(grant="video.list")
    expect(part["scope"] == "user.info.basic,video.list", part)
    is_refused(person(part["access_token"], "open_id,follower_count"), 400, "scope_permission_missed")
    is_refused(videos(sign_in(grant="user.info.basic")["access_token"]), 401, "scope_not_authorized")


def walk(access, size):
    seen, cursor = [], None
    while True:
        data = videos(access, max_count=size, **({"cursor": cursor} if cursor else {})).json()["data"]
        expect(len(data["videos"]) <= size, f"a page of {len(data['videos'])}")
        seen += data["videos"]
        cursor = data["cursor"]
        if not data["has_more"]:
            return seen


def content():
    for key, size in (("ada", 20), ("edges", 7), ("page", 20), ("page-plus", 20), ("huge-ids", 20), ("private", 3)):
        pair = sign_in(key)
        access = pair["access_token"]
        fields = [field for scope in KNOWN["scopes"].values() for field in scope]
        user = person(access, ",".join(fields)).json()["data"]["user"]
        expect(sorted(user) == sorted(fields) and user["open_id"] == pair["open_id"], user)
        true = [item for item in truth("tiktok", key) if item["privacy"] == "public"]
        seen = walk(access, size)
        expect([video["id"] for video in seen] == [item["id"] for item in true], f"{key}: other videos")
        for video, item in zip(seen, true):
            expect({name: type(value) for name, value in video.items()} == {name: KINDS[kind] for name, kind in KNOWN["video"].items()}, video)
            expect(len(video["title"]) <= KNOWN["text_limit"] and len(video["video_description"]) <= KNOWN["text_limit"], video)
            expect(video["view_count"] == item["views"] and 10**9 < video["create_time"] < 10**10, video)
    expect(all(len(item["id"]) == 20 for item in truth("tiktok", "huge-ids")), "short ids")
    access = sign_in()["access_token"]
    expect(len(videos(access).json()["data"]["videos"]) == KNOWN["page_default"], "not ten by default")
    is_refused(videos(access, max_count=KNOWN["page_limit"] + 1), 400, "invalid_params")
    is_refused(videos(access, fields=""), 400, "invalid_params")
    is_refused(videos(access, fields="id,nonsense"), 400, "invalid_params")
    true = truth("tiktok", "ada")
    other = truth("tiktok", "page")[0]["id"]
    admin("DELETE", f"/admin/creators/tiktok/ada/items/{true[1]['id']}")
    found = videos(access, "query", "id,title", filters={"video_ids": [true[0]["id"], true[1]["id"], other, "12"]}).json()
    expect([video["id"] for video in found["data"]["videos"]] == [true[0]["id"]] and found["error"]["code"] == "ok", found)
    # Several of one second stay apart.
    for _ in range(5):
        admin("POST", "/admin/creators/tiktok/one/items", {"published_at": 1_800_000_000})
    expect(len({video["id"] for video in walk(sign_in("one")["access_token"], 2)}) == 6, "videos of one second")
    admin("POST", "/admin/settings", {"tiktok_calls_per_minute": 3})
    admin("POST", "/admin/clock", {"advance": 61})
    answers = [person(access, "open_id").status_code for _ in range(4)]
    expect(answers == [200, 200, 200, 429], answers)
    is_refused(person(access, "open_id"), 429, "rate_limit_exceeded")
    admin("POST", "/admin/clock", {"advance": 60})
    expect(person(access, "open_id").status_code == 200, "still limited after a minute")
    admin("POST", "/admin/reset")


def removal():
    """Who takes the application's access back tells it, signed."""
    access = sign_in()["access_token"]
    for reason, tampered in ((1, False), (4, True)):
        fields, raw, said = told("tiktok", "ada", reason=reason, tampered=tampered)
        body = json.loads(raw)
        sign = dict(part.split("=") for part in fields["tiktok-signature"].split(","))
        good = hmac.new(SECRET.encode(), f"{sign['t']}.".encode() + raw, hashlib.sha256).hexdigest()
        expect((good == sign["s"]) != tampered, f"{fields} {raw}")
        expect(body["event"] == "authorization.removed" and body["client_key"] == "sandbox-tiktok" and body["user_openid"].startswith("-000"), body)
        expect(tampered or json.loads(body["content"]) == {"reason": reason}, body)
        expect(said["was_granted"] is not tampered, said)
    is_refused(person(access, "open_id"), 401, "access_token_invalid")


def refusals():
    access = sign_in()["access_token"]
    for row in admin("GET", "/admin/errors"):
        if row["target"] == "tiktok":
            admin("POST", "/faults", {"tiktok": {"mode": "error", "name": row["name"]}})
            answer = refresh("x") if row["name"].startswith("oauth.") else videos(access)
            expect((answer.status_code, answer.json()) == (row["status"], row["body"]), f"{row['name']}: {answer.text}")
            expect(videos(access).status_code == 200, "more than one call")


tokens()
content()
removal()
refusals()
report()
