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


# The app that a linked account leads back to, and what the platforms sign their own calls with.
OTHERS = {"app_url": "APP_BASE_URL", **{name.lower(): name for name in ("INSTAGRAM_CLIENT_SECRET", "TIKTOK_CLIENT_ID", "TIKTOK_CLIENT_SECRET")}}


def environment(values):
    """What a collection asks for; the sandbox plays the outside world behind the same dispatcher."""
    base = values["API_EXTERNAL_URL"]
    pairs = {
        "base_url": base, "sandbox_url": f"{base}/sandbox",
        "anon_key": values["ANON_KEY"], "service_role_key": values["SERVICE_ROLE_KEY"]}
    pairs |= {key: values[name] for key, name in OTHERS.items() if values.get(name)}
    kinds = {name: "secret" for name in pairs if name == "service_role_key" or name.endswith("_secret")}
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
