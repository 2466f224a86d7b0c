"""The grants matrix: who may do what to each schema, table, column, sequence and function, as the
catalog has it, held against grants.list. A thing without a line there fails, as does a line without
its thing. With --write the list is written anew, to be read before it is committed."""

import difflib
import pathlib
import sys

from libpq import Connection
from storm import URL, done, equal, ok

HERE = pathlib.Path(__file__).parent
LIST = HERE / "grants.list"
# each with what it holds by itself or inherits; PUBLIC is what everybody holds
ROLES = [
    "anon", "authenticated", "service_role", "edge_visitor", "edge_user",
    "authenticator", "edge", "edge_service", "auth_admin",
]

with Connection(URL) as session:
    session.run("set search_path = ''")
    found = [
        line
        for (thing,) in session.run((HERE / "grants.sql").read_text(), "{" + ",".join(ROLES) + "}")
        for line in thing.splitlines()
    ]

if "--write" in sys.argv:
    LIST.write_text("\n".join(found) + "\n")
    sys.exit()


def by_thing(lines):
    """{"table public.users rls": ["    SELECT: …", …]}"""
    things = {}
    for line in lines:
        if line.startswith("    "):
            things[thing].append(line)
        else:
            thing = line
            things[thing] = []
    return things


wanted = by_thing(LIST.read_text().splitlines())
held = by_thing(found)
equal(sorted(held.keys() - wanted.keys()), [], "every thing of the schemas has its line in grants.list")
equal(sorted(wanted.keys() - held.keys()), [], "every line of grants.list has its thing")
for thing in sorted(held.keys() & wanted.keys()):
    ok(
        held[thing] == wanted[thing], thing,
        *difflib.unified_diff(wanted[thing], held[thing], "grants.list", "catalog", lineterm="", n=0),
    )
done()
