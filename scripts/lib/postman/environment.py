#!/usr/bin/env python3
"""Writes a Postman environment with the addresses and keys of the stack that holds for PORT.

    scripts/lib/postman/environment.py FILE
"""

import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import settings  # noqa: E402


def environment(values):
    """What a collection asks for; the sandbox plays the outside world behind the same dispatcher."""
    base = values["API_EXTERNAL_URL"]
    pairs = {
        "base_url": base, "sandbox_url": f"{base}/sandbox",
        "anon_key": values["ANON_KEY"], "service_role_key": values["SERVICE_ROLE_KEY"]}
    kinds = {"service_role_key": "secret"}
    return {
        "name": f"StreamVibe on port {values['PORT']}", "_postman_variable_scope": "environment",
        "values": [{"key": key, "value": value, "type": kinds.get(key, "default"), "enabled": True} for key, value in pairs.items()]}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return
    values = settings.effective()
    if not values.get("ANON_KEY"):
        sys.exit("postman: there is no .env yet: scripts/run (or scripts/env) writes it")
    # The keys are nobody else's to read.
    with os.fdopen(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(environment(values), file, indent=2)


if __name__ == "__main__":
    main()
