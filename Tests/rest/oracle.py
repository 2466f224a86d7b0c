#!/usr/bin/env python3
"""Random filters, logic trees, orders, pages, counts and embeds, against an oracle that knows nothing of
SQL but its three-valued logic and works on the same rows.

    Tests/rest/oracle.py [--url URL] [--database URL] [--count N] [--seed N]

URL is where /rest/v1 is answered; the database (a superuser's URL) has Tests/rest/fixture.sql in it and
loses that one's rows. A token of the service role comes in SERVICE_ROLE_KEY. Prints the seed first, the
request that differs, and 'N passed, N failed' last.
"""

import argparse
import http.client
import json
import os
import random
import re
import subprocess
import sys
import urllib.parse

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--url", default=os.environ.get("SUPABASE_URL"), help="[SUPABASE_URL]")
parser.add_argument("--database", default=os.environ.get("DATABASE_URL"), help="[DATABASE_URL]")
parser.add_argument("--count", type=int, default=2000)
parser.add_argument("--seed", type=int, default=None)
given = parser.parse_args()
seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1 << 32)
print(f"seed {seed}")
chance = random.Random(seed)

WORDS = ["", "a", "A", "ab", "a,b", "(x)", 'q"q', "back\\slash", "ä", "a%b", "a_b", "a*b", ".dot", "null", "{a}", "o'neil", "x:y", "  ", "eq.1"]
COLUMNS = {
    "clients": {"id": "int", "name": "text", "code": "text", "score": "int"},
    "orders": {"id": "int", "client_id": "int", "total": "int", "paid": "bool"},
    "tags": {"id": "int", "label": "text"},
    "order_tags": {"order_id": "int", "tag_id": "int"},
    "invoices": {"order_id": "int", "number": "text"},
    "staff": {"id": "int", "name": "text", "chief_id": "int"},
}
# whose columns are all here, so that `*` is known
WHOLE = ("tags", "order_tags", "invoices", "staff")
KEYS = {"order_tags": ("order_id", "tag_id"), "invoices": ("order_id",)}
# table → (what it is called in select, target, whether to one, whether a row belongs to another)
RELATIONS = {
    "orders": [
        ("clients", "clients", True, lambda o, c: o["client_id"] == c["id"]),
        ("client_id", "clients", True, lambda o, c: o["client_id"] == c["id"]),
        ("invoices", "invoices", True, lambda o, i: o["id"] == i["order_id"]),
        ("order_tags", "order_tags", False, lambda o, t: o["id"] == t["order_id"]),
        ("tags", "tags", False, lambda o, t: any(j["order_id"] == o["id"] and j["tag_id"] == t["id"] for j in rows["order_tags"])),
    ],
    "clients": [("orders", "orders", False, lambda c, o: o["client_id"] == c["id"])],
    "tags": [
        ("orders", "orders", False, lambda t, o: any(j["order_id"] == o["id"] and j["tag_id"] == t["id"] for j in rows["order_tags"])),
        ("order_tags", "order_tags", False, lambda t, j: j["tag_id"] == t["id"]),
    ],
    "order_tags": [
        ("orders", "orders", True, lambda j, o: j["order_id"] == o["id"]), ("tags", "tags", True, lambda j, t: j["tag_id"] == t["id"]),
    ],
    "invoices": [("orders", "orders", True, lambda i, o: i["order_id"] == o["id"])],
    "staff": [
        ("chief_id", "staff", True, lambda s, c: s["chief_id"] == c["id"]), ("staff!chief_id", "staff", False, lambda c, s: s["chief_id"] == c["id"]),
    ],
}


def some(values, null=0.2):
    return None if chance.random() < null else chance.choice(values)


def make_rows():
    clients = [{"id": i, "name": chance.choice(WORDS), "code": some(["a", "b", "A", ""]), "score": some(range(-3, 4))} for i in range(1, 25)]
    orders = [{"id": i, "client_id": some(range(1, 25)), "total": chance.randrange(8), "paid": some([True, False])} for i in range(1, 60)]
    tags = [{"id": i, "label": word} for i, word in enumerate(WORDS, 1)]
    pairs = sorted({(chance.randrange(1, 60), chance.randrange(1, len(WORDS) + 1)) for _ in range(90)})
    return {
        "clients": clients, "orders": orders, "tags": tags, "order_tags": [{"order_id": a, "tag_id": b} for a, b in pairs],
        "invoices": [{"order_id": i, "number": chance.choice(WORDS)} for i in range(1, 60) if chance.random() < 0.5],
        "staff": [{"id": i, "name": chance.choice(WORDS), "chief_id": some(range(1, i)) if i > 1 else None} for i in range(1, 16)],
    }


def load():
    text = "set client_min_messages = warning; truncate public.clients, public.addresses, public.orders, public.tags, public.order_tags, public.invoices, public.staff cascade;\n"
    for table in ("clients", "orders", "tags", "order_tags", "invoices", "staff"):
        names = list(COLUMNS[table])
        body = json.dumps(rows[table]).replace("'", "''")
        text += f"insert into public.{table} ({', '.join(names)}) select {', '.join(names)} from json_populate_recordset(null::public.{table}, '{body}');\n"
    subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", given.database], input=text, text=True, check=True)
    collation = subprocess.run(
        ["psql", "-XqAt", "-d", given.database, "-c", "select datcollate from pg_database where datname = current_database()"], capture_output=True, text=True, check=True)
    if collation.stdout.strip() not in ("C", "POSIX"):
        raise SystemExit("oracle: the database's collation must be C")


rows = make_rows()
load()

# MARK: three-valued logic


def negate(value):
    return None if value is None else not value


def every(values):
    values = list(values)
    return False if False in values else None if None in values else True


def anyone(values):
    values = list(values)
    return True if True in values else None if None in values else False


def known(function):
    """Null when its operand is."""
    return lambda value: None if value is None else function(value)


def byte_order(value):
    return value.encode() if isinstance(value, str) else value


def pattern(text, ignore_case):
    """The regular expression of a LIKE pattern, or None when it ends in its escape."""
    made, index = "", 0
    while index < len(text):
        letter = text[index]
        if letter == "\\":
            index += 1
            if index == len(text):
                return None
            made += re.escape(text[index])
        else:
            made += ".*" if letter == "%" else "." if letter == "_" else re.escape(letter)
        index += 1
    return re.compile(made, re.S | (re.I | re.A if ignore_case else 0))


# MARK: what is asked: each maker gives its text and what it says of a row


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def in_tree(text):
    """A value as it stands in a logic tree: quoted when it must be, and sometimes when not."""
    plain = text and not re.search(r'[,()"\\]', text) and not text.startswith("{") and chance.random() < 0.7
    return text if plain else quoted(text)


def literal(kind):
    if kind == "int":
        return chance.randrange(-3, 30)
    if kind == "bool":
        return chance.choice([True, False])
    return chance.choice(WORDS)


def spell(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def operation(kind, tree):
    """(text of operator and value, what it says of a value)"""
    write = in_tree if tree else (lambda text: text)
    choices = ["eq", "neq", "in", "is", "isdistinct"]
    if kind != "bool":
        choices += ["gt", "gte", "lt", "lte", "any", "all"]
    if kind == "text":
        choices += ["like", "ilike", "like", "ilike"]
    choice = chance.choice(choices)
    wanted = literal(kind)
    if choice == "in":
        many = [literal(kind) for _ in range(chance.randrange(0, 4))]
        text = ",".join(quoted(spell(each)) if kind == "text" else spell(each) for each in many)
        return f"in.({text})", lambda value: False if not many else None if value is None else value in many
    if choice == "is":
        word, test = chance.choice([("null", lambda v: v is None), ("not_null", lambda v: v is not None)] + ([
            ("true", lambda v: v is True), ("false", lambda v: v is False), ("unknown", lambda v: v is None)] if kind == "bool" else []))
        return f"is.{word}", test
    if choice == "isdistinct":
        return f"isdistinct.{write(spell(wanted))}", lambda value: value != wanted
    if choice in ("any", "all"):
        many = [literal(kind) for _ in range(chance.randrange(1, 4))]
        text = "{" + ",".join(quoted(spell(each)) for each in many) + "}"
        compare = chance.choice(["eq", "gt", "lte"])
        test = {"eq": lambda a, b: a == b, "gt": lambda a, b: byte_order(a) > byte_order(b), "lte": lambda a, b: byte_order(a) <= byte_order(b)}[compare]
        join = anyone if choice == "any" else every
        return f"{compare}({choice}).{text}", lambda value: None if value is None else join(test(value, each) for each in many)
    if choice in ("like", "ilike"):
        while (made := pattern(wanted.replace("*", "%"), choice == "ilike")) is None:
            wanted = literal(kind)
        wanted = chance.choice([wanted, wanted + "*", "*" + wanted]) if not wanted.endswith("\\") else wanted
        made = pattern(wanted.replace("*", "%"), choice == "ilike")
        return f"{choice}.{write(wanted)}", known(lambda value: made.fullmatch(value) is not None)
    tests = {
        "eq": lambda a, b: a == b, "neq": lambda a, b: a != b, "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b}
    return f"{choice}.{write(spell(wanted))}", known(lambda value: tests[choice](byte_order(value), byte_order(wanted)))


def condition(table, tree, embedded):
    """Of a column; `embedded` names what is embedded: whether that is null asks for the embed, not for a column of its name."""
    column = chance.choice(list(COLUMNS[table]))
    text, test = operation(COLUMNS[table][column], tree)
    while column in embedded and text in ("is.null", "is.not_null"):
        text, test = operation(COLUMNS[table][column], tree)
    if chance.random() < 0.25:
        return column, "not." + text, lambda row: negate(test(row[column]))
    return column, text, lambda row: test(row[column])


def tree(table, depth, embedded):
    """(text with its parentheses, test, name)"""
    name = chance.choice(["and", "or", "not.and", "not.or"])
    parts, tests = [], []
    for _ in range(chance.randrange(1, 4)):
        if depth and chance.random() < 0.4:
            text, test, inner = tree(table, depth - 1, embedded)
            parts.append(inner + text)
        else:
            column, text, test = condition(table, True, embedded)
            parts.append(f"{column}.{text}")
        tests.append(test)
    join = anyone if name.endswith("or") else every
    joined = lambda row: join(test(row) for test in tests)  # noqa: E731
    return "(" + ",".join(parts) + ")", (lambda row: negate(joined(row))) if name.startswith("not") else joined, name


class Plan:
    """A random request for rows of a table, and what it gives."""

    def __init__(self, table, depth, path=()):
        self.table = table
        self.path = path
        self.parameters = []
        self.tests = []
        self.embeds = []
        columns = list(COLUMNS[table])
        self.columns = chance.sample(columns, chance.randrange(1, len(columns) + 1))
        self.items = [f"x_{name}:{name}" if chance.random() < 0.1 else name for name in self.columns]
        if chance.random() < 0.2 and table in WHOLE:
            self.columns, self.items = columns, None
        used = set(columns)
        for relation in chance.sample(RELATIONS[table], len(RELATIONS[table])) if depth else []:
            if chance.random() < 0.5:
                self.embed(relation, depth, used)
        for _ in range(chance.choice([0, 0, 1, 1, 2])):
            self.filter()
        self.order()
        self.limit = chance.randrange(0, 8) if chance.random() < 0.4 else None
        self.offset = chance.randrange(0, 4) if chance.random() < 0.2 else 0

    def say(self, name, value):
        self.parameters.append((".".join((*self.path, name)), value))

    def embed(self, relation, depth, used):
        name, target, is_one, belongs = relation
        bare = name.split("!")[0]
        key = f"e{len(self.embeds)}" if chance.random() < 0.5 or bare in used else bare
        used.add(key)
        plan = Plan(target, depth - 1, (*self.path, key))
        if is_one:
            plan.limit, plan.offset = None, 0
        kind = chance.choice(["", "", "inner"])
        spread = is_one and not plan.embeds and chance.random() < 0.2
        text = ("" if key == bare else f"{key}:") + name + ("!inner" if kind else "")
        if spread:
            key, text = bare, name + ("!inner" if kind else "")
            plan.path = (*self.path, bare)
            if any(each[0] == bare for each in self.embeds):
                return
            plan.rename(plan.path)
            plan.items = [f"s{len(self.embeds)}_{i}:{column}" for i, column in enumerate(plan.columns)]
        self.embeds.append((key, plan, is_one, belongs, bool(kind), spread, text))
        if not spread and chance.random() < 0.2:
            exists = chance.random() < 0.5
            self.say(key, "not.is.null" if exists else "is.null")
            if key not in COLUMNS[self.table]:
                self.tests.append(lambda row: exists == bool(plan.page(plan.found(row, belongs))))
            else:
                self.parameters.pop()

    def rename(self, path):
        self.parameters = [(".".join((*path, name.split(".")[-1] if "not." not in name else ".".join(name.split(".")[-2:]))), value) for name, value in self.parameters]

    def filter(self):
        embedded = {each[0] for each in self.embeds}
        if chance.random() < 0.5:
            column, text, test = condition(self.table, False, embedded)
            self.say(column, text)
        else:
            text, test, name = tree(self.table, 2, embedded)
            self.say(name, text)
        self.tests.append(test)

    def order(self):
        self.sorts = []
        texts = []
        for column in chance.sample(list(COLUMNS[self.table]), chance.randrange(0, 3)):
            descending = chance.random() < 0.5
            nulls = chance.choice([None, "nullsfirst", "nullslast"])
            first = nulls == "nullsfirst" if nulls else descending
            self.sorts.append((column, descending, first))
            texts.append(column + (".desc" if descending else chance.choice(["", ".asc"])) + (f".{nulls}" if nulls else ""))
        for column in KEYS.get(self.table, ("id",)):
            self.sorts.append((column, False, False))
            texts.append(column)
        self.say("order", ",".join(texts))

    # MARK: what is sent

    def select(self):
        items = ["*"] if self.items is None else list(self.items)
        for _, plan, _, _, _, spread, text in self.embeds:
            items.append(("..." if spread else "") + f"{text}({plan.select()})")
        return ",".join(items)

    def all_parameters(self):
        own = list(self.parameters)
        if self.limit is not None:
            own.append((".".join((*self.path, "limit")), str(self.limit)))
        if self.offset:
            own.append((".".join((*self.path, "offset")), str(self.offset)))
        for _, plan, *_ in self.embeds:
            own += plan.all_parameters()
        return own

    # MARK: what it gives

    def matching(self, candidates):
        kept = []
        for row in candidates:
            if all(test(row) is True for test in self.tests) and all(
                    not inner or plan.page(plan.found(row, belongs)) for _, plan, _, belongs, inner, _, _ in self.embeds):
                kept.append(row)
        for column, descending, first in reversed(self.sorts):
            kept.sort(key=lambda row: (0, b"") if row[column] is None else (0, byte_order(row[column])), reverse=descending) if all(
                row[column] is not None for row in kept) else self.sort(kept, column, descending, first)
        return kept

    @staticmethod
    def sort(kept, column, descending, first):
        nulls = [row for row in kept if row[column] is None]
        others = sorted((row for row in kept if row[column] is not None), key=lambda row: byte_order(row[column]), reverse=descending)
        kept[:] = nulls + others if first else others + nulls

    def found(self, parent, belongs):
        return self.matching([row for row in rows[self.table] if belongs(parent, row)])

    def page(self, kept):
        kept = kept[self.offset:]
        return kept if self.limit is None else kept[:self.limit]

    def show(self, row):
        shown = []
        for index, column in enumerate(self.columns):
            key = column if self.items is None else self.items[index].split(":")[0]
            shown.append((key, row[column]))
        for key, plan, is_one, belongs, _, spread, _ in self.embeds:
            found = plan.found(row, belongs)
            if spread:
                shown += plan.show(found[0]) if found else [(item.split(":")[0], None) for item in plan.items]
            elif is_one:
                shown.append((key, dict(plan.show(found[0])) if found else None))
            else:
                shown.append((key, [dict(plan.show(each)) for each in plan.page(found)]))
        return shown


def ask(connection, prefix, plan, counted):
    query = [("select", plan.select()), *plan.all_parameters()]
    chance.shuffle(query)
    path = f"{prefix}/rest/v1/{plan.table}?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    headers = {"Authorization": f"Bearer {os.environ['SERVICE_ROLE_KEY']}"}
    if counted:
        headers["Prefer"] = "count=exact"
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return path, answer.status, answer.getheader("content-range"), json.loads(answer.read())


def main():
    address = urllib.parse.urlsplit(given.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    passed = failed = skipped = 0
    while passed + failed < given.count:
        plan = Plan(chance.choice(list(COLUMNS)), chance.choice([0, 1, 1, 2]))
        counted = chance.random() < 0.5
        if len(plan.select()) + sum(len(n) + len(v) for n, v in plan.all_parameters()) > 1500:
            skipped += 1
            continue
        everything = plan.matching(rows[plan.table])
        shown = [plan.show(row) for row in plan.page(everything)]
        path, status, content_range, body = ask(connection, address.path.rstrip("/"), plan, counted)
        total = len(everything)
        if counted and plan.offset > total:
            good = status == 416
        else:
            end = plan.offset + len(shown) - 1
            span = f"{plan.offset}-{end}" if shown else "*"
            good = body == [dict(row) for row in shown] and content_range == f"{span}/{total if counted else '*'}"
            good = good and status == (206 if counted and len(shown) < total else 200)
        passed += good
        failed += not good
        if not good:
            print(f"differs: {urllib.parse.unquote(path)}\n  {path}\n  got    {status} {content_range} {json.dumps(body)[:1000]}\n  wanted {total} {json.dumps([dict(r) for r in shown])[:1000]}")
            if failed > 5:
                break
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
