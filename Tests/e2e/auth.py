#!/usr/bin/env python3
"""Auth killed while people sign up, and whether an answer's time tells who has an account: short forms of
Tests/clients/auth_crash.py and auth_timing.py, on the empty database of DATABASE_URL.

    auth.py

The last line is "N passed, N failed".
"""

import os
import re
import subprocess
import sys

CLIENTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "clients")
PROGRAMS = (("auth_crash.py", "--kills", "3"), ("auth_timing.py", "--short"))


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    passed = failed = 0
    for name, *arguments in PROGRAMS:
        ran = subprocess.run(
            [sys.executable, "-B", os.path.join(CLIENTS, name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        print(ran.stdout, end="", flush=True)
        found = re.findall(r"^(\d+) passed, (\d+) failed$", ran.stdout, re.M)
        ok, bad = map(int, found[-1]) if found else (0, 1)
        passed, failed = passed + ok, failed + max(bad, int(ran.returncode != 0))
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
