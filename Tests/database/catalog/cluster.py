"""scripts/lib/cluster.sh, the logins' passwords and the clock, on clusters of this test's own."""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from libpq import Connection, Refused
from storm import done, equal, ok

ROOT = pathlib.Path(__file__).resolve().parents[3]
LEASE = (
    "insert into internal.quota_reservation (user_id, quota_type, cycle_number, lease_until)"
    " select id, 'sync', 1, now() - interval '1 hour' from public.users order by created_at limit 1"
)
PASSWORD = "super'secret \\ %41"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shell(command, user=None, **environment):
    """cluster.sh's functions in a shell of their own, as this user or another."""
    words = ["bash", "-euo", "pipefail", "-c", f"source {library}; {command}"]
    if user:
        words = ["runuser", "-u", user, "--", *words]
    return subprocess.run(
        words, text=True, capture_output=True, cwd="/",
        env={**os.environ, "PGPASSWORD": PASSWORD, **environment},
    )


def url(port, login="postgres", password=PASSWORD, database="vibe"):
    return " ".join(
        f"{name}='{str(value)}'" for name, value in {
            "host": "127.0.0.1", "port": port, "user": login, "dbname": database,
            "password": password.replace("\\", "\\\\").replace("'", "\\'"),
        }.items()
    )


def servers():
    """The processes of PostgreSQL servers whose data lies in this test's folder."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"postgres") and any(str(folder).encode() in word for word in words):
            found.append(entry.parent.name)
    return found


folder = pathlib.Path(tempfile.mkdtemp(prefix="cluster test "))
folder.chmod(0o755)
library = folder / "cluster.sh"
shutil.copy(ROOT / "scripts/lib/cluster.sh", library)
library = f"'{library}'"
is_root = os.geteuid() == 0

# a path with spaces, and one so deep that no socket's path could hold it
deep = folder / ("deep " * 20).strip() / ("er " * 20).strip()
deep.mkdir(parents=True)
port, other = free_port(), free_port()
result = shell(f"cluster_create '{deep}/data' {port} vibe")
equal((result.returncode, result.stderr), (0, ""), "a cluster is made in a deep path with spaces")
result = shell(f"cluster_create '{folder}/second' {other} vibe")
equal((result.returncode, result.stderr), (0, ""), "and another beside it")
with Connection(url(port)) as session:
    settings = dict(session.run(
        "select name, setting from pg_settings where name in ('wal_level', 'max_connections',"
        " 'listen_addresses', 'shared_preload_libraries', 'cron.database_name', 'server_encoding',"
        " 'password_encryption', 'lc_ctype', 'TimeZone')"
    ))
equal(
    settings,
    {
        "wal_level": "logical", "max_connections": "200", "listen_addresses": "127.0.0.1",
        "shared_preload_libraries": "pg_cron,pg_stat_statements", "cron.database_name": "vibe",
        "server_encoding": "UTF8", "password_encryption": "scram-sha-256", "lc_ctype": "C.UTF-8",
        "TimeZone": "UTC",
    },
    "the settings that the project relies on",
)


def refusal(connection):
    try:
        Connection(connection).close()
    except ConnectionError as problem:
        return str(problem)
    return None


ok("password authentication failed" in (refusal(url(port, password="wrong")) or ""), "a wrong password")
where = deep / "data" / "run"
sockets = subprocess.run(
    ["psql", "-XAtc", "show unix_socket_directories", "-d", url(port)], text=True, capture_output=True
).stdout.strip()
ok(len(sockets) < 95, "the socket's path is short enough", sockets)
ok(
    "password" in (refusal(f"host='{sockets}' port={port} user=postgres dbname=vibe") or ""),
    "the socket asks for a password too",
)
result = shell(f"cluster_start '{folder}/second' {other} vibe")
ok(result.returncode == 1 and "already running" in result.stderr, "started twice", result.stderr)
result = shell(f"cluster_create '{folder}/third' {port} vibe")
ok(
    result.returncode == 1 and f"port {port} is taken" in result.stderr,
    "a port that is taken is a clear error", result.stderr,
)
result = shell(f"cluster_create '{folder}/none' {port} vibe", PGPASSWORD="")
ok(result.returncode == 1 and "PGPASSWORD" in result.stderr, "and so is no password", result.stderr)
(folder / "foreign").mkdir()
(folder / "foreign/PG_VERSION").write_text("15\n")
result = shell(f"cluster_create '{folder}/foreign' {free_port()} vibe")
ok(
    result.returncode == 1 and "did not make" in result.stderr and (folder / "foreign/PG_VERSION").exists(),
    "another's cluster is left alone", result.stderr,
)
result = shell(f"cluster_stop '{folder}/second'; cluster_is_running '{folder}/second'")
equal(result.returncode, 1, "it stops")
moved = free_port()
result = shell(f"cluster_start '{folder}/second' {moved} vibe")
equal((result.returncode, result.stderr), (0, ""), "and starts again on another port")
with Connection(url(moved)) as session:
    equal(session.one("show port"), str(moved), "where it listens")
result = shell(f"cluster_stop '{folder}/second' immediate; cluster_start '{folder}/second' {moved} vibe")
equal(result.returncode, 0, "also after a crash")
shell(f"cluster_stop '{folder}/second'")
result = shell(f"cluster_create '{folder}/second' {moved} vibe", PGPASSWORD="an'other")
equal((result.returncode, result.stderr), (0, ""), "made again, it is given the password of now")
with Connection(url(moved, password="an'other")) as session:
    equal(session.one("select 1"), "1", "which holds")
ok("password authentication failed" in (refusal(url(moved)) or ""), "and the old one does not")
shell(f"cluster_remove '{folder}/second'")
ok(not (folder / "second").exists(), "removed, nothing is left of it")

if is_root:
    # an ordinary user's own, and root's in a folder that the server's user cannot enter
    name = next(
        entry.pw_name for entry in pwd.getpwall() if entry.pw_name in ("nobody", "daemon", "games")
    )
    theirs = folder / "theirs"
    theirs.mkdir()
    shutil.chown(theirs, name)
    result = shell(f"cluster_create '{theirs}/data' {other} vibe", user=name)
    equal((result.returncode, result.stderr), (0, ""), "an ordinary user makes one")
    with Connection(url(other)) as session:
        equal(session.one("select 1"), "1", "and it answers")
    result = shell(f"cluster_remove '{theirs}/data'", user=name)
    equal((result.returncode, (theirs / "data").exists()), (0, False), "and removes it")

    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    result = shell(f"cluster_create '{closed}/data' {other} vibe")
    equal(
        (result.returncode, result.stderr, (closed / "data/PG_VERSION").exists()), (0, "", True),
        "root's may lie in a folder that is closed to the server's user",
    )
    with Connection(url(other)) as session:
        equal(session.one("select 1"), "1", "and it answers")
        sockets = session.one("show unix_socket_directories")
    result = shell(f"cluster_stop '{closed}/data' immediate; cluster_start '{closed}/data' {other} vibe")
    equal((result.returncode, result.stderr), (0, ""), "stops as in a crash and starts again")
    result = shell(f"cluster_remove '{closed}/data'")
    equal(
        (result.returncode, (closed / "data").exists(), os.path.exists(sockets)), (0, False, False),
        "and nothing is left of it",
    )
else:
    ok(True, "an ordinary user makes one: this whole test does")

# the logins' passwords
passwords = {
    "edge": "p'w\\ 1", "edge_service": "%41 \"x\"", "authenticator": "ä;--", "auth_admin": "without-marks",
}
environment = {
    **os.environ, "PGPASSWORD": PASSWORD,
    **{f"{login.upper()}_PASSWORD": password for login, password in passwords.items()},
}


def migrate(**more):
    return subprocess.run(
        [ROOT / "scripts/migrate", "--database-url", f"postgresql://postgres@127.0.0.1:{port}/vibe"],
        text=True, capture_output=True, env={**environment, **more}, cwd="/",
    )


with Connection(url(port)) as session:
    session.run("alter system set log_statement = 'all'")
    session.run("select pg_reload_conf()")
result = migrate()
equal((result.returncode, result.stderr), (0, ""), "migrated, with passwords")
for login, password in passwords.items():
    with Connection(url(port, login, password)) as session:
        equal(session.one("select session_user"), login, f"{login} logs in with it")
with Connection(url(port)) as session:
    equal(
        session.run("select query from extensions.pg_stat_statements where query ~* 'alter role .* password'"),
        [], "the server's statistics do not hold one",
    )
    equal(
        session.run("select rolname from pg_authid where rolpassword is not null and rolpassword !~ '^SCRAM'"),
        [], "they are stored as SCRAM verifiers",
    )
    log = session.one("select pg_read_file('server.log')")
    ok(
        "create table" in log and not any(password in log for password in passwords.values()),
        "and the log of every statement holds none",
    )
    session.run("alter system reset log_statement")
    session.run("select pg_reload_conf()")
result = migrate(EDGE_PASSWORD="another")
equal(
    (result.returncode, refusal(url(port, "edge", "another")), refusal(url(port, "auth_admin", passwords["auth_admin"]))),
    (0, None, None), "a password is changed by migrating again, the others stay",
)
bare = {k: v for k, v in environment.items() if not k.endswith("_PASSWORD")}
result = subprocess.run(
    [ROOT / "scripts/migrate"], text=True, capture_output=True, cwd="/",
    env={
        **{k: v for k, v in bare.items() if k != "PGPASSWORD"},
        "DATABASE_URL": f"postgresql://postgres:super%27secret%20%5C%20%2541@127.0.0.1:{port}/vibe",
    },
)
equal((result.returncode, result.stderr), (0, ""), "a password in the URL is taken from there")
equal(refusal(url(port, "edge", "another")), None, "without a variable it stays")

# the clock: cycles that ended while the machine was off, and leases
with Connection(url(port, "auth_admin", passwords["auth_admin"])) as session:
    # one with a lease, one with a cycle that is over and nothing else that would move it on
    session.run("insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com')")
    session.run("insert into auth.users (id, email) values (gen_random_uuid(), 'b@example.com')")
with Connection(url(port)) as session:
    session.run("set role streamvibe_owner")
    session.run(
        "update public.subscription set syncs_used = 9, ai_analyses_used = 1,"
        " cycle_start_date = now() - interval '90 days', cycle_end_date = now() - interval '60 days'"
    )
    session.run(LEASE)
    session.run(
        "insert into internal.rate_limit (key, hits, idle_at)"
        " values ('old', array[now() - interval '1 day'], now() - interval '1 hour')"
    )
    session.run("reset role")
    jobs = session.run("select jobname, schedule from cron.job order by jobname")
    equal(
        [name for name, _ in jobs],
        ["end-abandoned-syncs", "prune-cache", "prune-cron-log", "prune-notifications",
         "prune-oauth-states", "prune-rate-limits", "prune-secret-reads", "prune-syncs",
         "release-reservations", "reset-quotas", "reset-quotas-catch-up", "tell-of-old-secrets"],
        "what is scheduled",
    )
    ok(("reset-quotas", "0 0 1 * *") in jobs, "the quotas' turn is the roadmap's")
    for name, command in session.run("select jobname, command from cron.job"):
        try:
            session.run(command)
            ok(True, f"the command of {name} runs")
        except Refused as refusal_:
            ok(False, f"the command of {name} runs", refusal_)
    # run by hand just now: put back what the clock is to find
    session.run("set role streamvibe_owner")
    session.run(
        "update public.subscription set syncs_used = 9, cycle_start_date = now() - interval '90 days',"
        " cycle_end_date = now() - interval '60 days'"
    )
    session.run(LEASE)
# the machine goes off and comes back
shell(f"cluster_stop '{deep}/data' immediate; cluster_start '{deep}/data' {port} vibe")
with Connection(url(port)) as session:
    deadline = time.time() + 150
    while time.time() < deadline:
        left = session.one(
            "select (select count(*) from internal.quota_reservation)"
            " + (select count(*) from public.subscription where cycle_end_date <= now())"
        )
        if left == "0":
            break
        time.sleep(1)
    equal(left, "0", "within two minutes the clock moves the cycle on and ends the lease")
    equal(
        session.run("select distinct syncs_used, ai_analyses_used from public.subscription"),
        [("0", "0")],
        "the counters are zero",
    )
    equal(
        session.run(
            "select distinct status from cron.job_run_details where status in ('failed')"
        ), [], "no run failed",
    )
    equal(
        session.one(
            "select has_schema_privilege('edge', 'cron', 'usage')"
            " or has_schema_privilege('authenticated', 'cron', 'usage')"
        ), "f", "nobody but the superuser reaches the schedule",
    )
shell(f"cluster_remove '{deep}/data'")
equal(servers(), [], "no server of this test is left")
shutil.rmtree(folder)
done()
