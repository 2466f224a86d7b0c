#!/usr/bin/env python3
"""Make keys and tokens for scripts, with Python's standard library and the openssl command.

  jwt.py keypair
      A new ES256 key pair: the private JWK on the first line, the public JWK set on the second.
  jwt.py sign --key JWK --claims JSON
      A token signed with ES256 by a private JWK, or with HS256 by a JWK of type oct.
  jwt.py sign --secret SECRET --claims JSON
      A token signed with HS256, without kid.

JWK, SECRET and JSON are the text itself, @FILE, or env:NAME for a variable of the environment. An
argument can be read by every user of the machine while the command runs: give secrets by @ or env:.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys

# RFC 5915's ECPrivateKey for P-256 with its public point: what stands around the numbers.
SEC1_HEAD = bytes.fromhex("30770201010420")
SEC1_MIDDLE = bytes.fromhex("a00a06082a8648ce3d030107a14403420004")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def argument(text):
    """The text, what the file after @ holds, or the variable after env:."""
    if text.startswith("@"):
        with open(text[1:], encoding="utf-8") as file:
            return file.read().strip()
    if text.startswith("env:"):
        return os.environ[text[4:]]
    return text


def openssl(arguments, data=b"", key=None):
    """Runs openssl; a key goes through a pipe, so that no file and no argument holds it."""
    if key is None:
        return subprocess.run(
            ["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True
        ).stdout
    reader, writer = os.pipe()
    try:
        os.write(writer, key)
    finally:
        os.close(writer)
    try:
        return subprocess.run(
            ["openssl", *arguments, f"/dev/fd/{reader}"],
            input=data,
            stdout=subprocess.PIPE,
            check=True,
            pass_fds=[reader],
        ).stdout
    finally:
        os.close(reader)


def keypair():
    der = openssl(
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "DER"]
    )
    # SEC 1 or PKCS #8, by openssl's version: both hold the scalar behind ECPrivateKey's version
    # number and end with the public point.
    scalar = der.find(SEC1_HEAD[2:]) + len(SEC1_HEAD) - 2
    point = len(der) - 64
    if scalar not in (7, 36) or der[point - 4 : point] != SEC1_MIDDLE[-4:]:
        raise ValueError("openssl wrote no P-256 key that is known here")
    x, y = der[point : point + 32], der[point + 32 :]
    public = {"crv": "P-256", "kty": "EC", "x": b64(x), "y": b64(y)}
    # RFC 7638: these four members in this order are what a key's thumbprint is made of.
    kid = b64(hashlib.sha256(compact(public).encode()).digest())
    public |= {"alg": "ES256", "use": "sig", "kid": kid}
    secret = public | {"d": b64(der[scalar : scalar + 32]), "key_ops": ["sign"]}
    print(compact(secret))
    print(compact({"keys": [public | {"key_ops": ["verify"]}]}))


def sign_es256(key, message):
    if key["crv"] != "P-256":
        raise ValueError("the key's curve is not P-256")
    der = SEC1_HEAD + unb64(key["d"]) + SEC1_MIDDLE + unb64(key["x"]) + unb64(key["y"])
    pem = (
        b"-----BEGIN EC PRIVATE KEY-----\n"
        + base64.encodebytes(der)
        + b"-----END EC PRIVATE KEY-----\n"
    )
    signature = openssl(["dgst", "-sha256", "-sign"], data=message, key=pem)
    # SEQUENCE of two signed INTEGERs; JOSE wants both as 32 bytes.
    r_end = 4 + signature[3]
    r, s = signature[4:r_end], signature[r_end + 2 :]
    return b"".join(int.from_bytes(number, "big").to_bytes(32, "big") for number in (r, s))


def sign(arguments):
    claims = json.loads(argument(arguments.claims))
    if not isinstance(claims, dict):
        raise ValueError("claims are a JSON object")
    if arguments.secret is not None:
        key = {"kty": "oct"}
        secret = argument(arguments.secret).encode()
    else:
        key = json.loads(argument(arguments.key))
        secret = unb64(key["k"]) if key["kty"] == "oct" else None
    if secret is not None and len(secret) < 32:
        raise ValueError("an HS256 secret has at least 32 bytes")
    header = {"alg": "ES256" if secret is None else "HS256", "typ": "JWT"}
    if "kid" in key:
        header["kid"] = key["kid"]
    message = f"{b64(compact(header).encode())}.{b64(compact(claims).encode())}"
    if secret is None:
        signature = sign_es256(key, message.encode())
    else:
        signature = hmac.digest(secret, message.encode(), "sha256")
    print(f"{message}.{b64(signature)}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("keypair", help="a new ES256 key pair")
    signer = commands.add_parser("sign", help="a signed token")
    how = signer.add_mutually_exclusive_group(required=True)
    how.add_argument("--key", help="private JWK: text, @FILE or env:NAME")
    how.add_argument("--secret", help="HS256 secret: text, @FILE or env:NAME")
    signer.add_argument("--claims", required=True, help="JSON object: text, @FILE or env:NAME")
    arguments = parser.parse_args()
    try:
        if arguments.command == "keypair":
            keypair()
        else:
            sign(arguments)
    except KeyError as error:
        sys.exit(f"jwt.py: {error.args[0]} is missing")
    except (OSError, ValueError) as error:
        sys.exit(f"jwt.py: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"jwt.py: openssl ended with {error.returncode}")


if __name__ == "__main__":
    main()
