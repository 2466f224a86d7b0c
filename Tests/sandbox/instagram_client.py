#!/usr/bin/env python3
"""usage: instagram_client.py HTTP_HOST:PORT

Signs in at the sandbox's Instagram as its documentation tells, reads accounts and media, also with Meta's own
client, and holds what comes against instagram_fields.json. Prints what differs and exits 1.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import urllib.parse

import requests
from facebook_business.adobjects.iguserforigonlyapi import IGUserForIGOnlyAPI
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from platforms import BACK, BASE, SECRET, admin, expect, is_rejected, location, report, told, truth

KNOWN = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "instagram_fields.json"), encoding="utf-8"))
BASIC = "instagram_business_basic"
ASKED = f"{BASIC},instagram_business_manage_insights"
EVERYTHING = ",".join(field for field in KNOWN["media"] if field != "children") + ",children{" + ",".join(KNOWN["child"]) + "}"
DAY = 86_400


def code(account="ada", **parameters):
    target, back = location(
        f"{BASE}/instagram/oauth/authorize", client_id="sandbox-instagram", redirect_uri=BACK, response_type="code",
        scope=ASKED, state="s", auto="approve", account=account, **parameters)
    expect(target.endswith("#_") and back["state"] == "s", target)
    return back["code"]


def exchange(text, **other):
    form = {"client_id": "sandbox-instagram", "client_secret": SECRET, "grant_type": "authorization_code", "redirect_uri": BACK, "code": text}
    return requests.post(f"{BASE}/instagram/oauth/access_token", data={**form, **other}, timeout=20)


def graph(path, **parameters):
    return requests.get(f"{BASE}/ig/{path}", params=parameters, timeout=20)


def lengthened(short):
    return graph("access_token", grant_type="ig_exchange_token", client_secret=SECRET, access_token=short)


def refreshed(token):
    return graph("refresh_access_token", grant_type="ig_refresh_token", access_token=token)


def sign_in(account="ada"):
    return lengthened(exchange(code(account)).json()["access_token"]).json()["access_token"]


def problem(answer):
    """(status, code, subcode) of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


def tokens():
    """Codes once, short for long, long for fresh after a day, sixty days and no more."""
    admin("POST", "/admin/reset")
    text = code()
    expect(exchange(text, client_secret="wrong").status_code == 400, "another secret")
    wrong = exchange(text, redirect_uri=BACK + "/")
    expect(wrong.status_code == 400 and wrong.json()["error_type"] == "OAuthException", wrong.text)
    short = exchange(text).json()
    expect(sorted(short) == sorted(KNOWN["short_token"]) and isinstance(short["permissions"], list), short)
    expect(isinstance(short["user_id"], int) and short["user_id"] > 2**53, short)
    again = exchange(text)
    expect(again.json() == {"error_type": "OAuthException", "code": 400, "error_message": "Matching code was not found or was already used"}, again.text)
    admin("POST", "/admin/settings", {"instagram_token": "wrapped", "instagram_user_id": "string", "instagram_permissions": "string"})
    [wrapped] = exchange(code()).json()["data"]
    expect(wrapped["user_id"] == str(short["user_id"]) and wrapped["permissions"] == ASKED, wrapped)
    late = code()
    admin("POST", "/admin/clock", {"advance": 3601})
    expect(exchange(late).status_code == 400, "a code after an hour")
    expect(problem(lengthened(short["access_token"])) == (400, 190, 463), "a short token after an hour")
    admin("POST", "/admin/reset")

    long = lengthened(exchange(code()).json()["access_token"]).json()
    expect(set(KNOWN["long_token"]) <= set(long) and long["expires_in"] == 5_183_944, long)
    expect(refreshed(long["access_token"]).status_code == 400, "refreshed within a day")
    admin("POST", "/admin/clock", {"advance": DAY - 60})
    expect(refreshed(long["access_token"]).status_code == 400, "refreshed a minute too early")
    admin("POST", "/admin/clock", {"advance": 61})
    fresh = refreshed(long["access_token"]).json()
    expect(fresh["access_token"] != long["access_token"], fresh)
    expect(graph("v25.0/me", access_token=long["access_token"]).status_code == 200, "the older token before its end")
    admin("POST", "/admin/clock", {"advance": 59 * DAY})
    expect(problem(graph("v25.0/me", access_token=long["access_token"])) == (400, 190, 463), "after sixty days")
    expect(problem(refreshed(long["access_token"])) == (400, 190, 463), "refreshed after its end")
    expect(graph("v25.0/me", access_token=fresh["access_token"]).status_code == 200, "the fresh token")
    admin("POST", "/admin/creators/instagram/ada/remove-authorization", {})
    expect(problem(graph("v25.0/me", access_token=fresh["access_token"])) == (400, 190, 458), "after it was taken back")
    expect(problem(graph("v25.0/me", access_token="x")) == (400, 190, None), "no token at all")
    _, denied = location(
        f"{BASE}/instagram/oauth/authorize", client_id="sandbox-instagram", redirect_uri=BACK, response_type="code", scope=BASIC, auto="deny")
    expect(denied == {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied your request"}, denied)
    admin("POST", "/admin/reset")


def listed(token, page, **parameters):
    """All media, page by page as `after` leads."""
    media, after = [], None
    while True:
        answer = graph("v25.0/me/media", access_token=token, fields=EVERYTHING, limit=page, **({"after": after} if after else {}), **parameters)
        body = answer.json()
        expect(len(body["data"]) <= min(page, 100), f"a page of {len(body['data'])}")
        media += body["data"]
        if "next" not in body.get("paging", {}):
            return media
        after = body["paging"]["cursors"]["after"]


def content():
    for key, page in (("ada", 7), ("edges", 50), ("hidden", 25), ("page-plus", 50), ("languages", 500)):
        token = sign_in(key)
        me = graph("v25.0/me", access_token=token, fields=",".join(KNOWN["account"])).json()
        expect(sorted(me) == sorted(KNOWN["account"]) and me["account_type"] in KNOWN["account_type"], me)
        expect(me["user_id"].startswith("17841") and me["id"] != me["user_id"], me)
        true = [item for item in truth("instagram", key) if item["privacy"] != "private"]
        media = listed(token, page)
        expect([one["id"] for one in media] == [item["id"] for item in true], f"{key}: other media")
        for one, item in zip(media, true):
            expect(set(one) <= set(KNOWN["media"]), f"unknown fields {set(one) - set(KNOWN['media'])}")
            missing = set(KNOWN["media"]) - set(one)
            expect(missing <= set(KNOWN["omitted"]), f"{key}: {missing} missing")
            expect(("caption" in one) == bool(item["caption"]) and one.get("caption", "") == item["caption"], f"{key}: {one}")
            expect(("like_count" in one) != item["hides_likes"] and ("media_url" in one) != item["lacks_media"], f"{key}: {one}")
            expect(("thumbnail_url" in one) == (one["media_type"] == "VIDEO"), f"{key}: {one}")
            expect(one["media_type"] in KNOWN["media_type"] and one["media_product_type"] in KNOWN["media_product_type"], one)
            expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", one["timestamp"]), one["timestamp"])
            expect(("children" in one) == (one["media_type"] == "CAROUSEL_ALBUM"), one)
            children = one.get("children", {"data": []})["data"]
            expect([child["id"] for child in children] == item["child_ids"], f"{key}: children")
            expect(all(set(child) <= set(KNOWN["child"]) for child in children), children)
        expect(int(media[0]["id"]) > 2**53, "small ids")
    token = sign_in()
    first = graph("v25.0/me/media", access_token=token, limit=2)
    expect(all(list(one) == ["id"] for one in first.json()["data"]), "more than ids where nobody asked")
    [usage] = json.loads(first.headers["x-business-use-case-usage"]).values()
    expect(sorted(usage[0]) == sorted(KNOWN["usage"]), usage)
    expect(len(graph("v25.0/me/media", access_token=token).json()["data"]) == 25, "not 25 by default")
    expect(requests.get(first.json()["paging"]["next"], timeout=20).json()["data"], "next leads nowhere")
    expect(problem(graph("v25.0/me", access_token=token, fields="id,foo")) == (400, 100, None), "an unknown field")
    expect(problem(graph("v25.0/17841499999999999/media", access_token=token)) == (400, 100, 33), "somebody else's media")
    stories = graph("v25.0/me/stories", access_token=token, fields="id,media_product_type,timestamp").json()["data"]
    expect(len(stories) == 4 and {one["media_product_type"] for one in stories} == {"STORY"}, stories)
    admin("POST", "/admin/clock", {"advance": 2 * DAY})
    expect(problem(graph(f"v25.0/{stories[0]['id']}", access_token=token)) == (400, 100, 33), "a story after its day")
    admin("POST", "/admin/settings", {"instagram_daily_calls": 1})
    graph("v25.0/me", access_token=token)
    limited = graph("v25.0/me", access_token=token)
    expect(problem(limited) == (400, 80002, None) and '"estimated_time_to_regain_access":60' in limited.headers["x-business-use-case-usage"], limited.text)
    admin("POST", "/admin/reset")


def removal():
    """Who takes the application's access back tells it in a signed request."""
    token = sign_in()
    _, raw, _ = told("instagram", "ada")
    request = dict(urllib.parse.parse_qsl(raw.decode()))["signed_request"]
    signature, payload = request.split(".")
    good = base64.urlsafe_b64encode(hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    expect(signature == good and said["algorithm"] == "HMAC-SHA256" and said["user_id"].startswith("17841"), raw)
    expect(problem(graph("v25.0/me", access_token=token)) == (400, 190, 458), "after it was taken back")


def official():
    """Meta's own client walks the same way, and shows refusals."""
    session = FacebookSession(access_token=sign_in("page-plus"))
    FacebookSession.GRAPH = f"{BASE}/ig"
    api = FacebookAdsApi(session)
    me = IGUserForIGOnlyAPI("me", api=api).api_get(fields=["user_id", "username"])
    expect(me["username"] == "page-plus", me)
    media = [one["id"] for one in IGUserForIGOnlyAPI(me["user_id"], api=api).get_media(fields=["id", "caption"], params={"limit": 25})]
    expect(media == [item["id"] for item in truth("instagram", "page-plus")], f"{len(media)} media")
    for row in admin("GET", "/admin/errors"):
        if row["target"] == "instagram" and not row["name"].startswith("oauth."):
            admin("POST", "/faults", {"instagram": {"mode": "error", "name": row["name"]}})
            error = is_rejected(lambda: IGUserForIGOnlyAPI("me", api=api).api_get(fields=["id"]), FacebookRequestError)
            said = row["body"]["error"]
            expect(
                error and (error.http_status(), error.api_error_code(), error.api_error_subcode())
                == (row["status"], said["code"], said.get("error_subcode")), f"{row['name']}: {error}")


tokens()
content()
removal()
official()
report()
