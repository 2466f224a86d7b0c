#!/usr/bin/env python3
"""What scripts/new-function makes answers, and its test passes, before a line of it is edited.

Works on a copy of this tree, which it builds; needs an empty database in TEST_DATABASE_URL. The last
line is "N passed, N failed".
"""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
from package import tracked  # noqa: E402

TEMPORARY = tempfile.mkdtemp(prefix="streamvibe.")
atexit.register(shutil.rmtree, TEMPORARY, ignore_errors=True)


def run(tree, *words):
    print("$", " ".join(words), flush=True)
    # swift leaves folders where temporary files go; these go with the tree.
    ran = subprocess.run(words, cwd=tree, env={**os.environ, "TMPDIR": TEMPORARY}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode:
        print(ran.stdout[-4000:])
        print("0 passed, 1 failed")
        sys.exit(1)
    return ran.stdout


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    tree = os.path.join(TEMPORARY, "tree")
    os.mkdir(tree)
    for path in tracked(ROOT):
        os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
        shutil.copy2(os.path.join(ROOT, path), os.path.join(tree, path))
    run(tree, "scripts/new-function", "say-hello", "--no-build")
    run(tree, "swift", "build", "--build-tests")
    run(tree, "swift", "test", "--skip-build", "--filter", "SayHelloTests", "--xunit-output", f"{tree}/tests.xml")
    cases = list(ElementTree.parse(f"{tree}/tests-swift-testing.xml").iter("testcase"))
    described = run(tree, ".build/debug/say-hello", "--describe")
    good = len(cases) == 3 and not [case for case in cases if len(case)]
    named = re.search(r'"name":\s*"say-hello"', described) is not None
    print(f"{len(cases) * good + named} passed, {int(not good) + int(not named)} failed")
    return 0 if good and named else 1


if __name__ == "__main__":
    sys.exit(main())
