"""Keys and tokens through scripts/lib/jwt.py; a key travels in the environment, never in an argument."""

import json
import os
import subprocess
import sys

from package import ROOT

JWT = [sys.executable, "-B", os.path.join(ROOT, "scripts", "lib", "jwt.py")]


def key_pair():
    """(private JWK, public JWK set), each as text."""
    made = subprocess.run([*JWT, "keypair"], stdout=subprocess.PIPE, check=True, text=True).stdout
    private, public = made.splitlines()
    return private, public


def sign(claims, key="", secret=""):
    """A token: ES256 by a private JWK, HS256 where there is only a secret."""
    how = ["--key", "env:SIGNING"] if key else ["--secret", "env:SIGNING"]
    ran = subprocess.run(
        [*JWT, "sign", *how, "--claims", json.dumps(claims)],
        env={**os.environ, "SIGNING": key or secret}, stdout=subprocess.PIPE, check=False, text=True,
    )
    if ran.returncode:
        sys.exit(ran.returncode)
    return ran.stdout.strip()
