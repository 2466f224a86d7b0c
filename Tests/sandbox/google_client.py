#!/usr/bin/env python3
"""usage: google_client.py HTTP_HOST:PORT

Signs in at the sandbox with google-auth-oauthlib, walks through channels with google-api-python-client,
and has both see every refusal. Prints what is not as with Google and exits 1.
"""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
from google.auth.exceptions import RefreshError  # noqa: E402
from google.auth.transport.requests import Request  # noqa: E402
from google.oauth2.credentials import Credentials  # noqa: E402
from google_auth_oauthlib.flow import Flow  # noqa: E402
from googleapiclient.discovery import build  # noqa: E402
from googleapiclient.errors import HttpError  # noqa: E402
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, OAuth2Error  # noqa: E402
from platforms import BACK, BASE, SECRET, admin, expect, is_rejected, location, report, truth  # noqa: E402

READ = "https://www.googleapis.com/auth/youtube.readonly"
FULL = "id,snippet,contentDetails,statistics,status,liveStreamingDetails"
CLIENT = {"web": {
    "client_id": "sandbox-youtube", "client_secret": SECRET, "auth_uri": f"{BASE}/google/o/oauth2/v2/auth",
    "token_uri": f"{BASE}/google/token", "redirect_uris": [BACK]}}


def flow(scopes=(READ,)):
    return Flow.from_client_config(CLIENT, scopes=list(scopes), redirect_uri=BACK)


def sign_in(account="ada", scopes=(READ,), grant=None, **parameters):
    """(credentials, what came back with the browser)"""
    made = flow(scopes)
    url, _ = made.authorization_url(access_type="offline", **parameters)
    _, back = location(url, auto="approve", account=account, **({"grant": grant} if grant else {}))
    os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
    made.fetch_token(code=back["code"])
    return made.credentials, back


def youtube(credentials):
    return build("youtube", "v3", credentials=credentials, client_options={"api_endpoint": f"{BASE}/gapi"}, static_discovery=True)


def walk(service):
    """As a sync does: the channel, its uploads, their videos."""
    [channel] = service.channels().list(part="id,snippet,contentDetails,statistics,status", mine=True).execute()["items"]
    items, videos = [], []
    call = service.playlistItems()
    request = call.list(
        part="contentDetails,snippet,status", playlistId=channel["contentDetails"]["relatedPlaylists"]["uploads"], maxResults=50)
    while request is not None:
        page = request.execute()
        items += page["items"]
        request = call.list_next(request, page)
    ids = [item["contentDetails"]["videoId"] for item in items]
    for start in range(0, len(ids), 50):
        videos += service.videos().list(part=FULL, id=",".join(ids[start:start + 50])).execute()["items"]
    return channel, items, videos


def holds_schema(schemas, name, value, path):
    """Holds a resource against the discovery document that comes with the client."""
    for member, inner in value.items():
        known = schemas[name].get("properties", {}).get(member)
        expect(known, f"{path}.{member} is not known")
        if known:
            holds(schemas, known, inner, f"{path}.{member}")


def holds(schemas, known, value, path):
    kinds = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "array": list, "object": dict}
    if "$ref" in known:
        expect(isinstance(value, dict), f"{path} is no object")
        holds_schema(schemas, known["$ref"], value, path)
        return
    expect(isinstance(value, kinds[known["type"]]) and (known["type"] == "boolean" or not isinstance(value, bool)), f"{path} is {value!r}")
    if known.get("format") in ("uint64", "int64"):
        expect(value.isdigit(), f"{path} is {value!r}")
    if known["type"] == "array":
        for place, element in enumerate(value):
            holds(schemas, known["items"], element, f"{path}[{place}]")
    if known["type"] == "object" and "additionalProperties" not in known:
        for member, inner in value.items():
            holds(schemas, known["properties"][member], inner, f"{path}.{member}")


def content():
    """What the walk finds is what there is, in Google's shapes."""
    for key in ("ada", "page-plus", "edges", "languages", "live", "huge-ids", "private"):
        service = youtube(sign_in(key)[0])
        channel, items, videos = walk(service)
        true = truth("youtube", key)
        expect([video["id"] for video in videos] == [item["id"] for item in true], f"{key}: other ids")
        expect(len({item["id"] for item in items}) == len(true), f"{key}: playlist items")
        for video, item in zip(videos, true):
            seen = (video["snippet"]["title"], video["snippet"]["description"], video["snippet"]["publishedAt"], video["status"]["privacyStatus"])
            expect(seen == (item["title"], item["description"], item["published_at"], item["privacy"]), f"{key}: {seen}")
            expect(video["statistics"]["viewCount"] == str(item["views"]), f"{key}: {video['statistics']}")
            expect(("likeCount" in video["statistics"]) != item["hides_likes"], f"{key}: likes of {item['id']}")
            expect(("shortsAspectRatio" in video["snippet"]["thumbnails"]) <= (item["kind"] == "short"), f"{key}: thumbnails")
            live = {"live": ("live", "PT0S"), "upcoming": ("upcoming", "P0D")}.get(item["kind"], ("none", video["contentDetails"]["duration"]))
            expect((video["snippet"]["liveBroadcastContent"], video["contentDetails"]["duration"]) == live, f"{key}: {video}")
        schemas = service._schema.schemas
        for name, resources in (("Channel", [channel]), ("PlaylistItem", items), ("Video", videos)):
            for resource in resources:
                holds_schema(schemas, name, resource, name)
    expect({item["kind"] for item in truth("youtube", "live")} >= {"live", "upcoming", "video"}, "live has no live")
    expect(any(int(item["views"]) > 2**53 for item in truth("youtube", "huge-ids")), "no number over 2^53")
    nobody = youtube(sign_in("no-channel")[0]).channels().list(part="id", mine=True).execute()
    expect("items" not in nobody and nobody["pageInfo"]["totalResults"] == 0, nobody)


def visibility():
    """What is gone is not answered, and what is private only to its owner; a key sees what is public."""
    admin("POST", "/admin/reset")
    owner, key = youtube(sign_in("private")[0]), build(
        "youtube", "v3", developerKey="key", client_options={"api_endpoint": f"{BASE}/gapi"}, static_discovery=True)
    true = truth("youtube", "private")
    ids = [item["id"] for item in true]
    uploads = "UU" + admin("GET", "/admin/creators/youtube/private")["account_id"][2:]
    for service, seen in ((owner, ids), (key, [item["id"] for item in true if item["privacy"] != "private"])):
        found = service.videos().list(part="id", id=",".join(ids)).execute()["items"]
        expect([video["id"] for video in found] == seen, "private videos")
    listed = key.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=50).execute()["items"]
    expect(len(listed) == sum(item["privacy"] == "public" for item in true), f"{len(listed)} uploads to a stranger")
    admin("DELETE", f"/admin/creators/youtube/private/items/{ids[1]}")
    found = owner.videos().list(part="id", id=",".join(ids[:3])).execute()["items"]
    expect([video["id"] for video in found] == [ids[0], ids[2]], "a video after its end")
    listed = owner.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=2).execute()["items"]
    expect([item["contentDetails"]["videoId"] for item in listed] == [ids[0], ids[2]], "an upload after its end")
    error = is_rejected(lambda: key.channels().list(part="id", mine=True).execute(), HttpError)
    expect(error and error.resp.status == 401, error)
    admin("PATCH", "/admin/creators/youtube/private", {"state": "closed"})
    error = is_rejected(lambda: owner.channels().list(part="id", mine=True).execute(), HttpError)
    expect(error and error.error_details[0]["reason"] == "authenticatedUserAccountClosed", error)
    empty = youtube(sign_in("empty")[0])
    playlist = empty.channels().list(part="contentDetails", mine=True).execute()["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
    error = is_rejected(lambda: empty.playlistItems().list(part="id", playlistId=playlist).execute(), HttpError)
    expect(error and error.error_details[0]["reason"] == "playlistNotFound", error)


def tokens():
    """Codes, refresh tokens and scopes."""
    admin("POST", "/admin/reset")
    first, back = sign_in(state="a b")
    expect(back["state"] == "a b" and back["scope"] == READ, back)
    expect(first.refresh_token and first.token, "no tokens at the first consent")
    expect(sign_in()[0].refresh_token is None, "a refresh token without a new consent")
    expect(sign_in(prompt="consent")[0].refresh_token, "no refresh token at a new consent")
    old = first.token
    first.refresh(Request())
    expect(first.token != old and first.refresh_token, "no refresh")
    admin("POST", "/admin/clock", {"advance": 3600})
    # The client sees a clock of its own: the token is still good to it, and refused.
    stale = Credentials(old)
    error = is_rejected(lambda: youtube(stale).channels().list(part="id", mine=True).execute(), (HttpError, RefreshError))
    expect(error is not None, "a token after its end")
    admin("POST", "/admin/clock", {"reset": True})

    made = flow()
    url, _ = made.authorization_url(access_type="offline")
    _, back = location(url, auto="approve")
    verifier = made.code_verifier
    made.code_verifier = "x" * 64
    is_rejected(lambda: made.fetch_token(code=back["code"]), InvalidGrantError)
    made.code_verifier = verifier
    is_rejected(lambda: made.fetch_token(code=back["code"]), InvalidGrantError)
    made = flow()
    url, _ = made.authorization_url()
    _, back = location(url, auto="approve")
    made.fetch_token(code=back["code"])
    is_rejected(lambda: made.fetch_token(code=back["code"]), OAuth2Error)
    made = flow()
    _, back = location(made.authorization_url()[0], auto="approve")
    made.redirect_uri = BACK + "/"
    is_rejected(lambda: made.fetch_token(code=back["code"]), OAuth2Error)
    admin("POST", "/admin/clock", {"advance": 601})
    made.redirect_uri = BACK
    is_rejected(lambda: made.fetch_token(code=back["code"]), OAuth2Error)
    _, denied = location(made.authorization_url(state="s")[0], auto="deny")
    expect(denied == {"error": "access_denied", "state": "s"}, denied)

    part, back = sign_in("one", (READ, "openid", "email"), grant="email")
    expect(back["scope"] == "openid email" and set(part.granted_scopes) == {"openid", "email"}, back)
    error = is_rejected(lambda: youtube(part).channels().list(part="id", mine=True).execute(), HttpError)
    expect(error and error.error_details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT", error)

    gone, _ = sign_in("page", prompt="consent")
    import requests
    answer = requests.post(f"{BASE}/google/revoke", params={"token": gone.token}, timeout=20)
    expect(answer.status_code == 200, answer.text)
    error = is_rejected(lambda: gone.refresh(Request()), RefreshError)
    expect(error and error.retryable is False, error)
    expect(requests.post(f"{BASE}/google/revoke", params={"token": gone.token}, timeout=20).json()["error"] == "invalid_token", "revoked twice")


def refusals():
    """Every row, as the clients show it."""
    admin("POST", "/admin/reset")
    credentials, _ = sign_in()
    service = youtube(credentials)
    for row in admin("GET", "/admin/errors"):
        if row["target"] == "youtube":
            admin("POST", "/faults", {"youtube": {"mode": "error", "name": row["name"]}})
            # Authorized sessions answer 401 with a refresh and another try, so a 401 has to come more often.
            if row["status"] == 401:
                admin("POST", "/faults", {"youtube": {"mode": "error", "name": row["name"], "next": 3}})
            error = is_rejected(lambda: service.channels().list(part="id", mine=True).execute(), HttpError)
            expect(error and error.resp.status == row["status"], f"{row['name']}: {error}")
            # Newer rows say more; the client then shows that in the place of the old list.
            said = row["body"]["error"].get("details") or row["body"]["error"]["errors"]
            expect(error and error.error_details[0]["reason"] == said[0]["reason"], f"{row['name']}: {error}")
            admin("DELETE", "/faults")
        elif row["target"] == "google" and row["name"].startswith("token."):
            admin("POST", "/faults", {"google": {"mode": "error", "name": row["name"]}})
            error = is_rejected(lambda: credentials.refresh(Request()), RefreshError)
            expect(error and error.retryable is False and error.args[1]["error"] == row["body"]["error"], f"{row['name']}: {error}")
    admin("POST", "/faults", {"youtube": {"mode": "error", "name": "rateLimitExceeded", "next": 2}})
    call = service.channels().list(part="id", mine=True)
    call._sleep = lambda _: None
    expect(call.execute(num_retries=3)["items"], "not after two retries")


def limits():
    """Ids at once, pages, units of the day."""
    admin("POST", "/admin/reset")
    service = youtube(sign_in()[0])
    ids = [item["id"] for item in truth("youtube", "large")[:51]]
    error = is_rejected(lambda: service.videos().list(part="id", id=",".join(ids)).execute(), HttpError)
    expect(error and error.resp.status == 400, error)
    seen = service.videos().list(part="id", id=",".join(ids[:50])).execute()["items"]
    expect([video["id"] for video in seen] == ids[:50], "fifty ids")
    error = is_rejected(lambda: service.channels().list(part="id,nonsense", mine=True).execute(), HttpError)
    expect(error and error.resp.status == 400, error)
    uploads = service.channels().list(part="contentDetails", mine=True).execute()["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
    expect(len(service.playlistItems().list(part="id", playlistId=uploads).execute()["items"]) == 5, "not five by default")
    lean = service.videos().list(part="snippet,statistics", id=ids[0], fields="items(id,snippet/title)").execute()
    expect(list(lean) == ["items"] and list(lean["items"][0]) == ["id", "snippet"] and list(lean["items"][0]["snippet"]) == ["title"], lean)
    cheap = service.videos().batchGetStats(part="id,statistics", id=",".join(ids[:2])).execute()
    expect(len(cheap["items"]) == 2 and cheap["kind"] == "youtube#batchGetStatsResponse", cheap)

    import gzip
    import urllib.request
    answers = []
    for kind in ("gzip, deflate", "identity"):
        asked = urllib.request.Request(f"{BASE}/gapi/youtube/v3/videos?part=snippet&id={','.join(ids[:50])}&key=k", headers={"accept-encoding": kind})
        with urllib.request.urlopen(asked) as answer:
            answers.append((answer.headers["content-encoding"], answer.read()))
    expect((answers[0][0], answers[1][0]) == ("gzip", None) and gzip.decompress(answers[0][1]) == answers[1][1], "gzip")
    # More is granted, and what was granted before stays when it is asked to.
    sign_in("one", ("openid",))
    more, back = sign_in("one", (READ,), include_granted_scopes="true")
    expect(set(more.granted_scopes) == {READ, "openid"}, back)

    used = admin("GET", "/admin/state")["youtube"]["units_used"]
    admin("POST", "/admin/settings", {"youtube_daily_units": used + 2})
    call = service.channels().list(part="id", mine=True)
    etag = call.execute()["etag"]
    call.headers["if-none-match"] = etag
    error = is_rejected(call.execute, HttpError)
    expect(error and error.resp.status == 304, error)
    del call.headers["if-none-match"]
    error = is_rejected(call.execute, HttpError)
    expect(error and error.error_details[0]["reason"] == "quotaExceeded", error)
    admin("POST", "/admin/clock", {"set": admin("GET", "/admin/state")["youtube"]["resets_at"]})
    # Its access token lived for an hour of that time.
    expect(youtube(sign_in()[0]).channels().list(part="id", mine=True).execute()["items"], "no units the next day")
    admin("POST", "/admin/reset")


content()
visibility()
tokens()
refusals()
limits()
report()
