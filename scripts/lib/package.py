"""Reads the tables of Package.swift and the folders beside it: which targets there are and what they use."""

import json
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


# Executables that are run by hand: no service.
COMMANDS = ("vault",)


class Package:
    """The three tables: `c_libraries` (names), `modules` and `functions` (name → what it uses)."""

    def __init__(self, root=ROOT):
        self.root = root
        with open(os.path.join(root, "Package.swift"), encoding="utf-8") as file:
            text = file.read()
        self.c_libraries = self._table(text, "cLibraries")
        self.modules = self._table(text, "modules")
        self.functions = self._table(text, "functions")

    @staticmethod
    def _table(text, name):
        body = re.search(r"^let %s\b[^=]*=\s*\[\n(.*?)^\]" % name, text, re.M | re.S)
        if not body:
            raise SystemExit(f"Package.swift: no table '{name}'")
        rows = {}
        for row in re.finditer(r'^\s*\(\s*"([^"]+)"\s*,\s*(\[[^\]]*\]|nil|"[^"]*")\s*\),?', body[1], re.M):
            rows[row[1]] = re.findall(r'"([^"]+)"', row[2]) if row[2].startswith("[") else []
        return rows

    @property
    def executables(self):
        """Edge functions and the executables of Sources/, sorted."""
        return sorted([*self.functions, *(name for name in self.modules if name[0].islower())])

    @property
    def services(self):
        """The executables that serve."""
        return [name for name in self.executables if name not in COMMANDS]


def tracked(root=ROOT):
    """Paths that git tracks or would track; every file where there is no repository."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True,
        ).stdout.decode()
        return sorted(path for path in set(listed.split("\0")) if path and os.path.isfile(os.path.join(root, path)))
    except (OSError, subprocess.CalledProcessError):
        return sorted(
            os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(root) for name in names
        )


def camel(name):
    """`auth-profile-setup` → `AuthProfileSetup`"""
    return "".join(part.capitalize() for part in name.split("-"))


def describe(binary):
    """What an executable says it is; an error names the executable."""
    ran = subprocess.run([binary, "--describe"], capture_output=True, timeout=20, check=False)
    try:
        if ran.returncode:
            raise ValueError(f"exit code {ran.returncode}: {ran.stderr.decode(errors='replace').strip()[-300:]}")
        described = json.loads(ran.stdout)
        if described["name"] != os.path.basename(binary):
            raise ValueError(f"calls itself {described['name']!r}")
        return described
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{binary} --describe: {error}") from error
