#!/usr/bin/env python3
"""supabase-py, unmodified, against REST: every method of its query builder, two users and an
anonymous caller who try each other's rows, and the errors that it makes of ours.

    Tests/clients/rest_client.py [--url URL] [--database URL]

URL is where the dispatcher, or REST itself, answers /rest/v1; the database (a superuser's URL) has
Tests/rest/fixture.sql in it. Keys come from JWT_SIGNING_KEY (a private JWK) and API_EXTERNAL_URL.
Needs supabase (PyPI) and psql. Prints 'N passed, N failed' last.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
import uuid

from postgrest.exceptions import APIError
from postgrest.types import CountMethod, ReturnMethod
from supabase import ClientOptions, create_client

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
given.add_argument("--url", default=os.environ.get("SUPABASE_URL"), help="[SUPABASE_URL]")
given.add_argument("--database", default=os.environ.get("DATABASE_URL"), help="[DATABASE_URL]")
given = given.parse_args()
ISSUER = os.environ.get("API_EXTERNAL_URL", "http://127.0.0.1:54321") + "/auth/v1"
passed = failed = 0


def sql(text):
    ran = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", given.database, "-c", text], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def sign(**claims):
    ran = subprocess.run(
        [sys.executable, os.path.join(ROOT, "scripts", "lib", "jwt.py"), "sign", "--key", "env:JWT_SIGNING_KEY", "--claims", json.dumps(claims)],
        capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def client(token=None):
    """As an application makes it: the anon key, and a user's token where somebody is signed in."""
    options = ClientOptions(headers={"Authorization": f"Bearer {token}"} if token else {})
    return create_client(given.url, ANON, options)


def user_token(user, lifetime=3600):
    now = int(time.time())
    return sign(role="authenticated", aud="authenticated", iss=ISSUER, sub=user, iat=now, exp=now + lifetime)


ANON = sign(role="anon", iat=int(time.time()))
SERVICE = sign(role="service_role", iat=int(time.time()))
ADA, BOB = str(uuid.uuid4()), str(uuid.uuid4())


def check(name):
    """Runs a check at once and counts it."""
    def run(body):
        global passed, failed
        try:
            body()
            passed += 1
            print(f"ok {name}")
        except Exception:
            failed += 1
            print(f"not ok {name}\n{traceback.format_exc()}")
    return run


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def refused(code, call, status=None):
    try:
        answer = call()
    except APIError as error:
        same(error.code, code)
        assert error.message, "there is no message"
        return error
    raise AssertionError(f"not refused: {answer!r}")


def ids(answer):
    return sorted(row["id"] for row in answer.data)


service = create_client(given.url, SERVICE)
clients = service.table("clients")


def pick():
    return service.table("clients").select("id")


@check("every filter")
def _():
    for wanted, query in [
        ([2], pick().eq("id", 2)), ([1, 3, 4], pick().neq("id", 2)), ([3, 4], pick().gt("id", 2)), ([2, 3, 4], pick().gte("id", 2)),
        ([1], pick().lt("id", 2)), ([1, 2], pick().lte("id", 2)), ([1], pick().like("name", "Ada%")), ([1], pick().ilike("name", "ADA%")),
        ([1, 2], pick().like_any_of("name", "Ada%,Bob%")), ([1], pick().like_all_of("name", "Ada%,%ess")),
        ([1, 2], pick().ilike_any_of("name", "ada%,bob%")), ([1], pick().ilike_all_of("name", "ada%,%ESS")),
        ([3], pick().is_("mood", "null")), ([1, 2, 4], pick().not_.is_("mood", "null")), ([1, 3], pick().in_("id", [1, 3])),
        ([1, 2], pick().in_("name", ["Ada, Countess", "Bob (the builder)"])), ([], pick().in_("id", [])),
        ([1, 4], pick().contains("tags", ["red"])), ([1], pick().contains("data", {"n": 1})), ([2, 4], pick().contained_by("tags", ["red"])),
        ([1, 4], pick().cs("tags", ["red"])), ([2, 4], pick().cd("tags", ["red"])), ([1, 4], pick().ov("tags", ["red", "x"])),
        ([1, 4], pick().overlaps("tags", ["red", "x"])), ([1], pick().match({"id": 1, "code": "A"})), ([1, 3], pick().or_("id.eq.1,id.eq.3")),
        ([1, 2], pick().or_('name.eq."Ada, Countess",name.eq."Bob (the builder)"')), ([1], pick().filter("data->>s", "eq", "x")),
        ([2, 3, 4], pick().not_.eq("id", 1)), ([1, 2], pick().or_("and(id.gt.0,id.lt.2),id.eq.2")),
    ]:
        same(ids(query.execute()), wanted)
    orders = lambda: service.table("orders").select("id")  # noqa: E731
    for wanted, query in [
        ([2], orders().range_gt("span", ["0", "3"])), ([1, 2], orders().range_gte("span", ["0", "2"])), ([1], orders().range_lt("span", ["6", "9"])),
        ([1], orders().range_lte("span", ["1", "6"])), ([1], orders().range_adjacent("span", ["4", "7"])), ([1], orders().sl("span", ["6", "9"])),
        ([2], orders().sr("span", ["0", "3"])), ([1, 2], orders().nxl("span", ["0", "2"])), ([1], orders().nxr("span", ["1", "6"])), ([1], orders().adj("span", ["4", "7"])),
    ]:
        found = ids(query.execute())
        same([i for i in found if i in (1, 2)], wanted)


@check("text search")
def _():
    for kind, words in [("plain", "the builder"), ("phrase", "the builder"), ("web_search", "builder -ada"), (None, "'builder'")]:
        options = {"config": "english"} | ({"type": kind} if kind else {})
        same(ids(pick().text_search("words", words, options=options).execute()), [2])
    for query in [pick().fts("words", "builder"), pick().plfts("words", "the builder"), pick().phfts("words", "the builder"), pick().wfts("words", "builder")]:
        same(ids(query.execute()), [2])


@check("select, aliases, casts, JSON and embedding")
def _():
    rows = service.table("orders").select("no:id, total::text, clients(name), tags(label), bill:addresses!orders_billing(city)").eq("id", 1).execute().data
    same(rows[0]["no"], 1)
    same(rows[0]["total"], "10")
    same(rows[0]["clients"], {"name": "Ada, Countess"})
    same(sorted(tag["label"] for tag in rows[0]["tags"]), ["hot", "new"])
    same(rows[0]["bill"], {"city": "York"})
    same(service.table("clients").select("data->a->b").eq("id", 1).execute().data, [{"b": [10, 20]}])
    inner = service.table("orders").select("id, clients!inner(name)").eq("clients.name", "Bob (the builder)").execute()
    same(inner.data, [{"id": 3, "clients": {"name": "Bob (the builder)"}}])


@check("order, limit, range and counts")
def _():
    same([r["id"] for r in pick().order("score", desc=True, nullsfirst=False).order("id").execute().data], [2, 1, 4, 3])
    same([r["id"] for r in pick().order("id").limit(2).execute().data], [1, 2])
    same([r["id"] for r in pick().order("id").offset(3).execute().data], [4])
    same([r["id"] for r in pick().order("id").range(1, 2).execute().data], [2, 3])
    embedded = service.table("clients").select("id, orders(id)").eq("id", 1).order("id", desc=True, foreign_table="orders").limit(1, foreign_table="orders").execute()
    same(embedded.data, [{"id": 1, "orders": [{"id": 2}]}])
    counted = service.table("long").select("id", count=CountMethod.exact).limit(2).execute()
    same((len(counted.data), counted.count), (2, 1500))
    head = service.table("long").select("*", count=CountMethod.exact, head=True).execute()
    same(head.count, 1500)
    same(service.table("clients").select("id", count=CountMethod.exact).eq("id", 0).execute().count, 0)
    same(len(service.table("long").select("id").execute().data), 1000)
    for method in (CountMethod.planned, CountMethod.estimated):
        assert service.table("long").select("id", count=method).limit(1).execute().count > 0


@check("single, maybe_single, csv, explain")
def _():
    same(pick().eq("id", 1).single().execute().data, {"id": 1})
    same(pick().eq("id", 1).maybe_single().execute().data, {"id": 1})
    same(pick().eq("id", 0).maybe_single().execute(), None)
    error = refused("PGRST116", lambda: pick().single().execute())
    same(error.message, "Cannot coerce the result to a single JSON object")
    same(pick().eq("id", 1).csv().execute().data, "id\n1")
    refused("PGRST107", lambda: pick().explain(format="json").execute())


@check("insert, update, upsert, delete")
def _():
    tags = service.table("tags")
    same(tags.insert({"id": 100, "label": "a"}).execute().data, [{"id": 100, "label": "a"}])
    same(tags.insert([{"id": 101, "label": "b"}, {"id": 102, "label": "c"}], count=CountMethod.exact).execute().count, 2)
    same(tags.insert({"id": 103}, returning=ReturnMethod.minimal).execute().data, [])
    same(service.table("defaults").insert([{"a": "x"}, {"b": "y"}], default_to_null=False).execute().data[1]["a"], "A")
    same(service.table("defaults").insert([{"a": "x"}, {"b": "y"}]).execute().data[1]["a"], None)
    same(tags.update({"label": "z"}).eq("id", 100).execute().data, [{"id": 100, "label": "z"}])
    same(tags.update({"label": "z"}).eq("id", 0).execute().data, [])
    same(tags.upsert({"id": 100, "label": "u"}).execute().data, [{"id": 100, "label": "u"}])
    same(tags.upsert([{"id": 100, "label": "ignored"}], ignore_duplicates=True).execute().data, [])
    same(tags.upsert({"id": 104, "label": "u"}, on_conflict="label").execute().data, [{"id": 104, "label": "u"}])
    same(tags.upsert([{"id": 105}, {"id": 106, "label": "v"}], default_to_null=False).execute().data, [{"id": 105, "label": None}, {"id": 106, "label": "v"}])
    refused("PGRST124", lambda: tags.update({"label": None}).gte("id", 100).max_affected(1).execute())
    refused("23505", lambda: tags.insert({"id": 1}).execute())
    refused("PGRST204", lambda: tags.insert({"nope": 1}).execute())
    same(len(tags.delete().gte("id", 100).execute().data), 6)
    same(tags.delete(count=CountMethod.exact, returning=ReturnMethod.minimal).eq("id", 0).execute().count, 0)
    same(sql("select count(*) from public.tags"), "3")


@check("functions")
def _():
    same(service.rpc("add", {"a": 1, "b": 2}).execute().data, 3)
    same(service.rpc("add", {"a": 1, "b": 2}, get=True).execute().data, 3)
    same(service.rpc("count_of", {"list": [1, 2, 3]}).execute().data, 3)
    same(service.rpc("numbers", {"n": 3}).execute().data, [1, 2, 3])
    same(service.rpc("pairs", {"n": 3}).select("x").gt("x", 1).order("x", desc=True).limit(1).execute().data, [{"x": 3}])
    same(service.rpc("pairs", {"n": 3}, count=CountMethod.exact).execute().count, 3)
    same(service.rpc("pairs", {"n": 3}, count=CountMethod.exact, head=True).execute().count, 3)
    same(service.rpc("one_client", {"p_id": 1}).execute().data["name"], "Ada, Countess")
    same(service.rpc("all_clients").select("id").eq("id", 2).single().execute().data, {"id": 2})
    service.rpc("nothing").execute()
    refused("PGRST202", lambda: service.rpc("nope").execute())
    refused("PGRST203", lambda: service.rpc("vague", {"n": 1}).execute())
    refused("22P02", lambda: service.rpc("add", {"a": "x", "b": 1}).execute())
    refused("25006", lambda: service.rpc("add_client", {"p_id": 1, "p_name": "x"}, get=True).execute())


@check("schemas")
def _():
    refused("PGRST106", lambda: service.schema("hidden").table("secrets").select("*").execute())
    same(service.schema("public").table("tags").select("id").eq("id", 1).execute().data, [{"id": 1}])


@check("errors keep their code, message, details and hint")
def _():
    error = refused("PGRST205", lambda: service.table("client").select("*").execute())
    same(error.hint, "Perhaps you meant the table 'public.clients'")
    error = refused("PGRST200", lambda: service.table("clients").select("nope(*)").execute())
    assert error.details
    refused("42703", lambda: service.table("clients").select("nope").execute())
    refused("PGRST201", lambda: service.table("orders").select("addresses(*)").execute())
    refused("PGRST100", lambda: service.table("clients").select("id,").execute())


@check("two users and an anonymous one keep to their own rows, through every verb, embed and call")
def _():
    ada, bob, nobody = client(user_token(ADA)), client(user_token(BOB)), client()
    sql("delete from public.notes")
    same(ada.table("notes").insert({"id": 1, "body": "of Ada"}, returning=ReturnMethod.minimal).execute().data, [])
    bob.table("notes").insert([{"id": 2, "body": "of Bob", "parent_id": None}, {"id": 3, "body": "too", "parent_id": 2}], returning=ReturnMethod.minimal).execute()
    for who, wanted in ((ada, [1]), (bob, [2, 3])):
        same(ids(who.table("notes").select("id").execute()), wanted)
    same(ada.table("notes").select("id").eq("id", 2).execute().data, [])
    same(ada.table("notes").select("id", count=CountMethod.exact, head=True).execute().count, 1)
    refused("42501", lambda: ada.table("notes").select("*").execute())
    refused("42501", lambda: ada.table("notes").select("id, secret").execute())
    refused("42501", lambda: ada.table("notes").insert({"body": "x", "owner_id": BOB}, returning=ReturnMethod.minimal).execute())
    refused("42501", lambda: ada.table("notes").upsert({"id": 2, "body": "mine"}, returning=ReturnMethod.minimal).execute())
    refused("42501", lambda: ada.table("notes").update({"owner_id": BOB}, returning=ReturnMethod.minimal).eq("id", 1).execute())
    ada.table("notes").update({"body": "all"}, returning=ReturnMethod.minimal).gt("id", 0).execute()
    ada.table("notes").update({"parent_id": 3}, returning=ReturnMethod.minimal).eq("id", 1).execute()
    ada.table("notes").delete(returning=ReturnMethod.minimal).gt("id", 1).execute()
    same(sql("select string_agg(id || body, ',' order by id) from public.notes"), "1all,2of Bob,3too")
    same(ada.table("notes").select("id, parent:parent_id(id)").execute().data, [{"id": 1, "parent": None}])
    same(bob.table("notes").select("id, notes(id)").eq("id", 3).execute().data, [{"id": 3, "notes": []}])
    same(ada.rpc("request").execute().data["claims"]["sub"], ADA)
    same(nobody.rpc("request").execute().data["role"], "anon")
    for call in (
        lambda: nobody.table("notes").select("id").execute(), lambda: nobody.table("notes").insert({"body": "x"}).execute(),
        lambda: nobody.table("notes").update({"body": "x"}).gt("id", 0).execute(), lambda: nobody.table("notes").delete().gt("id", 0).execute(),
        lambda: nobody.table("notes").upsert({"id": 1, "body": "x"}).execute(), lambda: nobody.table("locked").select("*").execute(),
    ):
        refused("42501", call)
    error = refused("PGRST303", lambda: client(user_token(ADA, -3600)).table("notes").select("id").execute())
    same(error.message, "JWT expired")
    refused("PGRST301", lambda: client("a.b.c").table("notes").select("id").execute())


print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
