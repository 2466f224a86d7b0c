#!/usr/bin/env python3
"""How many passwords the system's libxcrypt checks a second in one process.

    bcrypt_alone.py HASH PASSWORD SECONDS
"""

import crypt
import sys
import time

hashed, password, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
began, count = time.perf_counter(), 0
while time.perf_counter() - began < seconds:
    if crypt.crypt(password, hashed) != hashed:
        raise SystemExit("bench: bcrypt says something else")
    count += 1
print(count / (time.perf_counter() - began))
