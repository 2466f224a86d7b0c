"""A read, an insert and a call through REST, against pgbench sending the same statements in a pipeline."""

import json
import os
import re
import subprocess
import time

import settings  # of scripts/lib
from harness import machine
from harness.context import ISSUER, USERS
from harness.process import free_port
from harness.result import Result, ratio_bar

CONNECTIONS = 4
# Requests that REST may have under way on each of them.
DEPTH = 4
TABLE = """
create table public.bench_entry (
    id bigint generated always as identity primary key, user_id uuid not null default auth.uid(), body text);
alter table public.bench_entry enable row level security;
create policy own on public.bench_entry for all to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select, insert on public.bench_entry to authenticated;
"""
BODY = '{"body":"Notes on the analytical engine."}'
ROLE = '{"role":"admin"}'
SETTINGS = """, rest.answer_headers(nullif(current_setting('response.headers', true), '')) as headers, \
rest.answer_status(nullif(current_setting('response.status', true), '')) as status"""
READ = f"""select null::bigint as total, count(*) as page, coalesce(json_agg(r.*), '[]') as body{SETTINGS} from (\
select "t0"."id" as "id", "t0"."display_name" as "display_name", "t0"."bio" as "bio", \
"t0"."profile_slug" as "profile_slug" from "public"."users" as "t0" limit :limit) as r"""
INSERT = f"""with s as (insert into "public"."bench_entry" as t0 ("body") select t0."body" from \
json_to_recordset(:body) as t0 ("body" "pg_catalog"."text") returning 1) select null::bigint as total, \
count(*) as page, null as body{SETTINGS} from (select * from s) as r"""
CALL = f"""select null::bigint as total, count(*) as page, string_agg(coalesce(to_json(r.v)::text, 'null'), '') as body\
{SETTINGS} from (select "public"."has_role"("role" := a."role") as v from json_to_record(:body) as a \
("role" "public"."app_role_enum")) as r"""
# name → (path, body, statement, the values of its variables, whether the server refuses writes)
REQUESTS = {
    "read": ("/rest/v1/users?select=id,display_name,bio,profile_slug", None, READ, {"limit": 1000}, True),
    "insert": ("/rest/v1/bench_entry", BODY, INSERT, {"body": f"[{BODY}]"}, False),
    "call": ("/rest/v1/rpc/has_role", ROLE, CALL, {"body": ROLE}, True),
}


class Pipeline:
    """pgbench, whose transactions are what a request of REST's is to the database."""

    def __init__(self, context, name, statement, values, reads, method, path, headers, connections):
        self.context = context
        self.connections = connections
        self.url, self.password = settings.apart(os.environ["DATABASE_URL"])
        self.script = os.path.join(context.folder, f"rest-{name}.sql")
        claims = json.dumps(context.claims(1), separators=(",", ":"))
        given = [
            ("role", "authenticated"), ("request.jwt.claims", claims), ("app.request_id", "17anji1lmtv06bp4jt1akdt0o2"),
            ("statement_timeout", "8000"), *([("transaction_read_only", "on")] if reads else []), ("request.method", method),
            ("request.path", path), ("request.headers", json.dumps(headers, separators=(",", ":"))), ("request.cookies", "{}"),
        ]
        self.variables = {f"v{index}": value for index, (_, value) in enumerate(given)} | {key: str(value) for key, value in values.items()}
        places = " and ".join(f"set_config('{key}', :v{index}, true) is not null" for index, (key, _) in enumerate(given))
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(f"\\startpipeline\nselect where {places};\n{statement};\n\\endpipeline\n")

    def __call__(self):
        busy, began, ours = machine.busy(), time.monotonic(), os.times()
        postgres = self.postgres()
        variables = [word for key, value in self.variables.items() for word in ("-D", f"{key}={value}")]
        # Parsing needs rights that only the role has, which is set later: hence the superuser.
        ran = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-c", str(self.connections), "-j", "1", "-T", str(self.context.seconds), *variables,
             "-f", self.script, self.url], env={**os.environ, "PGPASSWORD": self.password}, capture_output=True, text=True, check=False)
        rate = re.search(r"^tps = ([\d.]+)", ran.stdout, re.M)
        if not rate or " 0 (0.000%)" not in ran.stdout:
            raise SystemExit(f"bench: pgbench: {ran.stdout}{ran.stderr}")
        count = int(re.search(r"actually processed: (\d+)", ran.stdout)[1])
        latency = float(re.search(r"^latency average = ([\d.]+) ms", ran.stdout, re.M)[1])
        after, busy_now, elapsed = os.times(), machine.busy(), time.monotonic() - began
        user, system = ((after[index] - ours[index]) * 1e6 / count for index in (2, 3))
        served = self.postgres() - postgres
        capacity = elapsed * os.cpu_count()
        foreign = max(0.0, busy_now[0] - busy[0] - sum(after[:4]) + sum(ours[:4]) - served) / capacity
        return Measured(
            rate=float(rate[1]), p50=latency, p99=float("nan"), user=user, system=system, cpu=user + system,
            others={"PostgreSQL": served * 1e6 / count}, foreign=foreign, steal=(busy_now[1] - busy[1]) / capacity)


    def postgres(self):
        """Seconds of the server, those of sessions that have ended with it."""
        fields = machine.stat_of(self.context.postmaster)
        return sum(machine.cpu_of(machine.family(self.context.postmaster))) + (int(fields[13]) + int(fields[14])) / machine.TICK


class Measured:
    """As a Turn of load, of pgbench."""

    def __init__(self, **figures):
        self.__dict__.update(figures)

    def record(self):
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in vars(self).items()}


def run(context):
    result = Result("rest", "a user's requests through REST, 32 clients, against pgbench with the same statements in a pipeline")
    context.make_users()
    context.sql("drop table if exists public.bench_entry;" + TABLE)
    url = context.login_url("authenticator")
    address = f"127.0.0.1:{free_port()}"
    with open(context.users, encoding="utf-8") as file:
        authorization = file.readline().strip()
    headers = {"host": address, "authorization": authorization}
    with context.program("rest", DATABASE_URL=url, DATABASE_CONNECTIONS=str(CONNECTIONS), LISTEN=address) as server:
        server.wait(address, REQUESTS["read"][0], {"Authorization": authorization})
        contenders = {}
        for name, (path, body, statement, values, reads) in REQUESTS.items():
            contenders[f"REST, {name}"] = context.loaded(
                server, address, path, authorizations=context.users, others={"PostgreSQL": context.postmaster}, body=body)
            for connections in (CONNECTIONS, CONNECTIONS * DEPTH):
                contenders[f"pgbench × {connections}, {name}"] = Pipeline(
                    context, name, statement, values, reads, "POST" if body else "GET",
                    path.removeprefix("/rest/v1").split("?")[0], headers, connections)
        turns = context.rounds(contenders)
    result.turns(turns)
    for name in REQUESTS:
        pairs = [(a.rate, b.rate) for a, b in zip(turns[f"REST, {name}"], turns[f"pgbench × {CONNECTIONS}, {name}"])]
        result.bars.append(ratio_bar(f"throughput of {name}: REST / pgbench", pairs, 0.8))
    result.notes += [
        f"{USERS} users' tokens of {ISSUER} take turns; pgbench is one user, and its p50 is a mean. REST: {CONNECTIONS} "
        f"connections, log on. The bars hold it against pgbench with as many; with {CONNECTIONS * DEPTH} pgbench has as much under way.",
        "pgbench has no HTTP to speak, no token to check and no statement to make: what is below 1 is the price of those.",
    ]
    return result
