"""The walk of sync-youtube as one writes it in Python: google-api-python-client, and psycopg 3.

Reads a line of JSON {"account": id, "token": access token, "items": N} at a time and syncs that account's
newest N uploads, a page of 50 in one statement and transaction; answers with a line of JSON each. It signs
in as the tables' owner does, so row level security costs it nothing; it keeps no revisions and counts
nobody's quota, which is in its favour.
"""

import json
import os
import re
import sys
import time

import psycopg
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from psycopg.types.json import Json

PAGE = 50
WRITE = """
insert into public.content_item as item (
    user_id, social_account_id, platform_id, content_type_id, platform_content_id, content_url, title, description,
    thumbnail_url, duration_seconds, views_count, likes_count, comments_count, tags, hashtags, published_at, visibility,
    synced_at)
select
    account.user_id, account.id, account.platform_id, kind.id, new.id, new.url, new.title, new.description,
    new.thumbnail, new.duration, new.views, new.likes, new.comments, new.tags, new.hashtags, new.published, new.visibility,
    now()
from json_to_recordset(%(items)s) as new (
    kind text, id text, url text, title text, description text, thumbnail text, duration int, views bigint, likes bigint,
    comments bigint, tags text[], hashtags text[], published timestamptz, visibility public.visibility_enum)
join public.content_type as kind on kind.slug = new.kind
cross join (select id, user_id, platform_id from public.social_account where id = %(account)s) as account
on conflict (platform_id, platform_content_id) do update set
    content_type_id = excluded.content_type_id, content_url = excluded.content_url, title = excluded.title,
    description = excluded.description, thumbnail_url = excluded.thumbnail_url, duration_seconds = excluded.duration_seconds,
    views_count = excluded.views_count, likes_count = excluded.likes_count, comments_count = excluded.comments_count,
    tags = excluded.tags, hashtags = excluded.hashtags, published_at = excluded.published_at,
    visibility = excluded.visibility, synced_at = excluded.synced_at
"""
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")
HASHTAG = re.compile(r"#(\w+)")
THUMBNAILS = ("maxres", "standard", "high", "medium", "default")


def seconds(text):
    found = DURATION.match(text or "")
    days, hours, minutes, rest = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def mapped(video):
    snippet, status, numbers = video["snippet"], video["status"], video.get("statistics", {})
    pictures = snippet.get("thumbnails", {})
    length = seconds(video["contentDetails"].get("duration"))
    short = length <= 60 or length <= 180 and "shortsAspectRatio" in pictures
    text = f"{snippet['title']} {snippet['description']}"
    return {
        "kind": "short_video" if short else "long_video", "id": video["id"], "url": f"https://www.youtube.com/watch?v={video['id']}",
        "title": snippet["title"], "description": snippet["description"],
        "thumbnail": next((pictures[size]["url"] for size in THUMBNAILS if size in pictures), None), "duration": length,
        "views": int(numbers.get("viewCount", 0)), "likes": int(numbers.get("likeCount", 0)), "comments": int(numbers.get("commentCount", 0)),
        "tags": snippet.get("tags", []), "hashtags": sorted({tag.lower() for tag in HASHTAG.findall(text)}),
        "published": snippet["publishedAt"], "visibility": status["privacyStatus"],
    }


def sync(youtube, connection, account, wanted):
    """How many items were read and written."""
    channel = youtube.channels().list(part="id,snippet,contentDetails,statistics,status", mine=True).execute()["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    asked = youtube.playlistItems().list(part="contentDetails,snippet,status", playlistId=uploads, maxResults=PAGE)
    done = 0
    while asked is not None and done < wanted:
        page = asked.execute()
        ids = [each["contentDetails"]["videoId"] for each in page["items"]][:wanted - done]
        videos = youtube.videos().list(part="snippet,contentDetails,statistics,status,liveStreamingDetails", id=",".join(ids)).execute()["items"]
        items = [mapped(video) for video in videos if video["snippet"]["liveBroadcastContent"] == "none"]
        with connection.transaction():
            connection.execute(WRITE, {"items": Json(items), "account": account}, prepare=True)
        done += len(items)
        asked = youtube.playlistItems().list_next(asked, page)
    return done


def main():
    connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    for line in sys.stdin:
        given = json.loads(line)
        youtube = build(
            "youtube", "v3", credentials=Credentials(given["token"]), static_discovery=True,
            client_options={"api_endpoint": os.environ["YOUTUBE_BASE_URL"].rstrip("/") + "/"})
        began, before = time.perf_counter(), os.times()
        items = sync(youtube, connection, given["account"], given["items"])
        after = os.times()
        print(json.dumps({"items": items, "seconds": time.perf_counter() - began, "user": after[0] - before[0], "system": after[1] - before[1]}), flush=True)


if __name__ == "__main__":
    main()
