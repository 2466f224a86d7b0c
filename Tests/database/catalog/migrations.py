"""scripts/migrate and the files that it applies: once, twice, two at once, changed, broken."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.parse

from libpq import Connection
from storm import URL, done, equal, ok

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARTS = urllib.parse.urlsplit(URL)
NAME = PARTS.path[1:]
made = []


def url_of(database):
    return urllib.parse.urlunsplit(PARTS._replace(path=f"/{database}"))


def new_database():
    made.append(f"{NAME}_{len(made)}")
    with Connection(url_of("postgres")) as session:
        session.run(f'create database "{made[-1]}"')
    return url_of(made[-1])


def start(tree, url, *arguments, **environment):
    return subprocess.Popen(
        [tree / "scripts/migrate", "--database-url", url, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        env={**os.environ, **environment},
    )


def migrate(tree, url, *arguments, **environment):
    process = start(tree, url, *arguments, **environment)
    output, errors = process.communicate()
    return process.returncode, output, errors


def psql(url, *arguments):
    return subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, *arguments],
        text=True, capture_output=True, cwd=ROOT,
        env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"},
    )


def dump(url):
    """The schema as text; a random token that newer dumps carry left out."""
    text = subprocess.run(
        ["pg_dump", "--schema-only", "-d", url], text=True, capture_output=True, check=True
    ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


def recorded(url):
    with Connection(url) as session:
        return dict(session.run("select file, sha256 from internal.schema_migration"))


with tempfile.TemporaryDirectory() as folder:
    tree = pathlib.Path(folder) / "a tree with spaces"
    shutil.copytree(ROOT / "database", tree / "database")
    (tree / "database/migrations").mkdir(exist_ok=True)
    (tree / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/migrate", tree / "scripts/migrate")

    # once and again
    url = new_database()
    code, output, _ = migrate(tree, url, "--status")
    equal((code, output.count("due ")), (0, output.count("\n")), "--status: all of it is due")
    with Connection(url) as session:
        equal(session.one("select to_regclass('internal.schema_migration')"), None, "and is not touched")
    code, output, errors = migrate(tree, url)
    equal((code, errors), (0, ""), "an empty database is migrated")
    files = {
        str(path.relative_to(tree)) for path in (tree / "database").glob("**/*.sql")
    }
    equal(set(re.findall("applying (.*)", output)), files, "every file is applied, and told")
    equal(set(recorded(url)), files, "and recorded")
    before = dump(url)
    code, output, _ = migrate(tree, url)
    equal((code, "applying" in output), (0, False), "the second time there is nothing to do")
    equal(dump(url), before, "and nothing changes")
    code, output, _ = migrate(tree, url, "--status")
    equal((code, output.count("applied "), output.count("\n")), (0, len(files), len(files)), "--status")

    # each file by itself, with psql alone, twice and in one transaction
    order = sorted((ROOT / "database/platform").glob("*.sql")) + sorted(
        (ROOT / "database/schema").glob("*.sql")
    ) + [ROOT / "database/cron-jobs.sql"]
    for path in order:
        plain, whole = psql(url, "-f", path), psql(url, "-1", "-f", path)
        equal(
            (plain.stderr, whole.stderr, plain.returncode, whole.returncode), ("", "", 0, 0),
            f"{path.relative_to(ROOT)} is applied again, also in one transaction",
        )
    equal(dump(url), before, "and all of them change nothing")

    # the roadmap's way: module 000 on a database that has the platform
    url = new_database()
    for path in sorted((ROOT / "database/platform").glob("*.sql")):
        psql(url, "-f", path)
    result = psql(url, "-f", "database/schema/000_base_core.sql")
    equal((result.returncode, result.stderr), (0, ""), "psql -f database/schema/000_base_core.sql")

    # two, and more, at once: on one database, and on several of the cluster
    one, other = new_database(), new_database()
    running = [start(tree, url) for url in [one, one, one, other, other]]
    ended = [(*process.communicate(), process.returncode) for process in running]
    equal(
        [(errors, code) for _, errors, code in ended], [("", 0)] * 5, "five at once end well"
    )
    for url, share in [(one, ended[:3]), (other, ended[3:])]:
        applied = [name for output, _, _ in share for name in re.findall("applying (.*)", output)]
        equal(sorted(applied), sorted(files), "each file was applied once")

    # roles are the cluster's: whoever makes them in another database meets the same rows
    running = [
        subprocess.Popen(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "database/platform/010_roles.sql"],
            cwd=ROOT, text=True, stderr=subprocess.PIPE,
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"},
        )
        for url in [one, other] * 20
    ]
    equal({process.communicate()[1] for process in running}, {""}, "40 at once make the roles")

    # new migrations
    url = one
    first = tree / "database/migrations/0002_add_a_table.sql"
    first.write_text("create table public.added (id integer);\n")
    code, output, _ = migrate(tree, url)
    equal(
        (code, re.findall("applying (.*)", output)), (0, [str(first.relative_to(tree))]),
        "a new migration is applied, and it alone",
    )
    # one that fails halfway
    second = tree / "database/migrations/0003_fail.sql"
    second.write_text("create table public.half (id integer);\nselect 1 / 0;\n")
    code, output, errors = migrate(tree, url)
    ok(code != 0 and "division by zero" in errors, "one that fails ends the run", errors)
    with Connection(url) as session:
        equal(session.one("select to_regclass('public.half')"), None, "and leaves nothing")
    ok(str(second.relative_to(tree)) not in recorded(url), "not even a record")
    second.unlink()
    # a number below
    late = tree / "database/migrations/0001_come_late.sql"
    late.write_text("create table public.late (id integer);\n")
    code, _, errors = migrate(tree, url)
    ok(
        code == 3 and "0001_come_late.sql is numbered below" in errors,
        "a number below one that is applied is refused", errors,
    )
    late.unlink()
    # a name
    odd = tree / "database/migrations/5-odd.sql"
    odd.write_text("")
    code, _, errors = migrate(tree, url)
    ok(code == 2 and "5-odd.sql is not named" in errors, "and so is an odd name", errors)
    odd.unlink()

    # a file that was applied and has changed, with one that is new
    base = tree / "database/schema/000_base_core.sql"
    text = base.read_text()
    base.write_text(text + "\n-- a word\n")
    second.write_text("create table public.new (id integer);\n")
    records = recorded(url)
    code, _, errors = migrate(tree, url)
    ok(
        code == 3 and "000_base_core.sql has changed since it was applied" in errors
        and "database/migrations/" in errors,
        "a changed file is refused, with what to do instead", errors,
    )
    with Connection(url) as session:
        equal(session.one("select to_regclass('public.new')"), None, "before anything is done")
    equal(recorded(url), records, "and the record stays")
    base.write_text(text)
    # a file that is gone
    first.rename(folder + "/kept.sql")
    code, _, errors = migrate(tree, url)
    ok(code == 3 and "0002_add_a_table.sql was applied and is missing" in errors, "a missing file")
    pathlib.Path(folder + "/kept.sql").rename(first)
    code, _, _ = migrate(tree, url)
    equal(code, 0, "put back, it goes on")
    # what says how things are may change
    cron = tree / "database/cron-jobs.sql"
    cron.write_text(cron.read_text() + "\n-- another word\n")
    code, output, _ = migrate(tree, url)
    equal(
        (code, re.findall("applying (.*)", output)), (0, ["database/cron-jobs.sql"]),
        "cron-jobs.sql is applied again when it changes",
    )
    # a role that a file forgets to put down does not reach the next
    third = tree / "database/migrations/0004_keep_a_role.sql"
    third.write_text("set role streamvibe_owner;\n")
    (tree / "database/migrations/0005_know_who.sql").write_text(
        "create table public.who as select current_user::text as name;\n"
    )
    migrate(tree, url)
    with Connection(url) as session:
        equal(
            session.one("select name from public.who"),
            session.one("select current_user"), "each file begins as the one who migrates",
        )

    # who comes, and to what
    code, _, errors = migrate(tree, url, PGOPTIONS="-c role=streamvibe_owner")
    ok(code == 3 and "is no superuser" in errors, "not a superuser: a clear word", errors)
    with Connection(url_of("postgres")) as session:
        made.append(f"{NAME}_latin")
        session.run(
            f'create database "{made[-1]}" encoding latin1 locale "C" template template0'
        )
    code, _, errors = migrate(tree, url_of(made[-1]))
    ok(code == 3 and "not in UTF8" in errors, "nor another encoding", errors)

    code, output, _ = migrate(tree, url, "--help")
    ok(code == 0 and "usage: scripts/migrate" in output, "--help")
    code, _, errors = migrate(tree, url_of("no_such_database"))
    ok(code != 0 and "does not exist" in errors, "a database that is not there is an error", errors)

for database in made:
    with Connection(url_of("postgres")) as session:
        session.run(f'drop database "{database}" with (force)')
done()
