#!/usr/bin/env python3
"""Holds the repository to the rules of its layout. Prints what breaks one and exits 1; notes are advice.

    scripts/lib/layers.py [ROOT]

- who may import whom; what is imported is declared in Package.swift
- a C module has one Swift importer (and that one's tests); nobody links full Foundation
- the top level holds eight names; a function's folder, target, file and type have one name
- lengths, unsafe escapes and `public`
"""

import os
import re
import sys

sys.dont_write_bytecode = True
from package import Package, camel, tracked  # noqa: E402

WRAPPERS = {"CLinux": "Loop", "CPostgres": "Postgres", "COpenSSL": "Crypto", "CCrypt": "Crypto", "CCurl": "HTTPClient"}
DOMAINS = {"Platforms", "Models", "SearchEngines", "Billing", "Jobs"}
FLOOR = {"JSON", "Loop", "Telemetry", "HTTP", "HTTPClient", "Postgres", "Crypto"}
MAY_IMPORT = {
    "JSON": set(),
    "Loop": {"CLinux"},
    "Telemetry": {"JSON", "Loop"},
    "HTTP": {"JSON", "Loop"},
    "HTTPClient": {"JSON", "Loop", "CCurl"},
    "Postgres": {"JSON", "Loop", "CPostgres"},
    "Crypto": {"COpenSSL", "CCrypt"},
    "Core": FLOOR,
    "dispatcher": {"HTTP", "JSON", "Loop", "Telemetry"},
    **{domain: FLOOR | {"Core"} for domain in DOMAINS},
    **{process: FLOOR | {"Core"} | DOMAINS for process in ("auth", "rest", "realtime", "sandbox", "vault")},
}
FUNCTION_MAY_IMPORT = {"Core", "Postgres"} | DOMAINS
SYSTEM = {"Glibc", "FoundationEssentials", "Synchronization", "Testing", "Swift"}
TOP_LEVEL = {"Package.swift", "Sources", "Tests", "functions", "database", "scripts", "docker-compose.yml", "README.md"}
ESCAPE = re.compile(r"@unchecked\s+Sendable|nonisolated\(unsafe\)|\bunsafeBitCast\b")
ESCAPES = 5
IMPORT = re.compile(
    r"(?:^|;)[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|actor|func|var|let|typealias)\s+)?([A-Za-z_]\w*)", re.M)
LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|(#*)"""(?:.*?)"""\1|(#+)".*?"\2|"(?:\\.|[^"\\\n])*"', re.S)


def code_of(text):
    """The text without comments and literals, each line where it was."""
    return LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


class Rules:
    """Collects what is broken while it walks the tree."""

    def __init__(self, root):
        self.root = root
        self.package = Package(root)
        self.files = tracked(root)
        self.errors = []
        self.notes = []
        self.escapes = []

    def error(self, path, line, message):
        self.errors.append(f"{path}:{line}: {message}" if line else f"{path}: {message}")

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def check(self):
        self.top_level()
        self.function_names()
        for path in self.files:
            if path.endswith(".swift") and path != "Package.swift":
                self.swift(path)
            elif path.endswith(".sql"):
                self.length(path, self.read(path))
        self.escape_budget()

    def top_level(self):
        for name in sorted({path.split("/")[0] for path in self.files}):
            if name not in TOP_LEVEL and not name.startswith("."):
                self.error(name, 0, "the top level holds only " + ", ".join(sorted(TOP_LEVEL)))

    def function_names(self):
        folders = {path.split("/")[1] for path in self.files if path.startswith("functions/") and path.count("/") > 1}
        for name in sorted(folders | set(self.package.functions)):
            folder, file = f"functions/{name}", f"functions/{name}/{camel(name)}.swift"
            if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*", name):
                self.error(folder, 0, "a function's name is kebab-case: lower-case words joined by '-'")
            if name not in self.package.functions:
                self.error(folder, 0, "has no row in Package.swift's functions")
            elif name not in folders:
                self.error("Package.swift", 0, f"the function '{name}' has no folder functions/{name}")
            elif file not in self.files:
                self.error(folder, 0, f"its file is called {camel(name)}.swift")
            elif not re.search(r"@main\s+struct\s+%s\b" % camel(name), self.read(file)):
                self.error(file, 0, f"holds '@main struct {camel(name)}'")
        if list(self.package.functions) != sorted(self.package.functions):
            self.error("Package.swift", 0, "the table of functions is sorted by name")

    def target(self, path):
        """(target, what it may import besides the system's modules, what Package.swift declares)"""
        place, name = path.split("/")[:2]
        if place == "functions":
            return name, FUNCTION_MAY_IMPORT, self.package.functions.get(name, [])
        if place == "Sources":
            return name, MAY_IMPORT.get(name), self.package.modules.get(name, [])
        return name, None, None

    def swift(self, path):
        text = self.read(path)
        code = code_of(text)
        self.length(path, text)
        self.imports(path, code)
        if path.startswith(("Sources/", "functions/")):
            self.escape_hatches(path, text, code)
        if path.startswith("functions/"):
            self.function_file(path, text)

    def imports(self, path, code):
        target, allowed, declared = self.target(path)
        ours = set(self.package.modules) | set(self.package.c_libraries) | {"TestSupport"}
        ours |= {name.replace("-", "_") for name in self.package.functions}
        domains = set()
        for found in IMPORT.finditer(code):
            name, line = found[1], code.count("\n", 0, found.start(1)) + 1
            if name.startswith("Foundation") and name != "FoundationEssentials":
                self.error(path, line, f"imports {name}: FoundationEssentials, if anything")
            elif name in self.package.c_libraries:
                if target not in (WRAPPERS.get(name), f"{WRAPPERS.get(name)}Tests"):
                    self.error(path, line, f"imports {name}, whose one importer is {WRAPPERS.get(name, 'not named')}")
            elif name not in ours:
                if name not in SYSTEM:
                    self.error(path, line, f"imports {name}, which is neither ours nor one of {', '.join(sorted(SYSTEM))}")
            elif path.startswith("Tests/"):
                continue
            elif allowed is None:
                self.error(path, line, f"'{target}' has no row in the layers (MAY_IMPORT)")
            elif name not in allowed:
                self.error(path, line, f"{target} may not import {name}")
            elif name not in declared:
                self.error(path, line, f"imports {name}, which Package.swift does not list for {target}")
            domains |= {name} & DOMAINS
        if path.startswith("functions/") and len(domains) > 1:
            self.error(path, 0, f"a function imports one domain at most: {', '.join(sorted(domains))}")

    def length(self, path, text):
        lines = text.count("\n")
        if path.endswith(".swift") and lines > 400:
            self.error(path, 0, f"{lines} lines; none is over 400")
        elif lines > (300 if path.startswith("Tests/") or path.endswith(".sql") else 250):
            self.notes.append(f"{path}: {lines} lines")

    def escape_hatches(self, path, text, code):
        lines = text.split("\n")
        for found in ESCAPE.finditer(code):
            line = code.count("\n", 0, found.start())
            self.escapes.append(f"{path}:{line + 1}")
            if not any("// Safety:" in near for near in lines[max(0, line - 6):line + 1]):
                self.error(path, line + 1, f"'{found[0]}' without a '// Safety:' sentence above it")
        for found in re.finditer(r"\btry!|\bas!|\bfatalError\s*\(|^\s*(?:public|open)\s+\w", code, re.M):
            self.error(path, code.count("\n", 0, found.end()) + 1, f"'{found[0].strip()}' has no place here")

    def escape_budget(self):
        if len(self.escapes) > ESCAPES:
            self.error("Sources", 0, f"{len(self.escapes)} unsafe escapes, {ESCAPES} at most: {', '.join(self.escapes)}")

    def function_file(self, path, text):
        """Advice: 20–80 lines in the fixed order."""
        lines = text.count("\n")
        if not 20 <= lines <= 80:
            self.notes.append(f"{path}: {lines} lines; a function's file has 20 to 80")
        order = ["static let policy", "struct Input", "struct Output", "static func handle"]
        found = [text.find(part) for part in order if part in text]
        if found != sorted(found):
            self.notes.append(f"{path}: the order is {', '.join(order)}")


def main():
    root = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else Package().root
    rules = Rules(root)
    rules.check()
    for note in rules.notes:
        print(f"note: {note}")
    for error in rules.errors:
        print(error, file=sys.stderr)
    sys.exit(1 if rules.errors else 0)


if __name__ == "__main__":
    main()
