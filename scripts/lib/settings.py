#!/usr/bin/env python3
"""`.env` (or ENV_FILE): read as bash's `source` and compose read it, written so that both agree.

    eval "$(scripts/lib/settings.py)"      exports what holds for PORT, as bash
"""

import os
import re
import shlex
import sys
from urllib.parse import quote, unquote, urlsplit, urlunsplit

sys.dont_write_bytecode = True
from package import ROOT  # noqa: E402

PORT = 54321
PATH = os.environ.get("ENV_FILE") or os.path.join(ROOT, ".env")
LINE = re.compile(r"^(?:export\s+)?([A-Za-z_]\w*)=(.*)$")
LOGINS = ("edge", "edge_service", "authenticator", "auth_admin")
# The platforms' addresses, and where the sandbox plays them below its own.
PLAYED = {
    "GOOGLE_AUTHORIZE_URL": "google/o/oauth2/v2/auth",
    "GOOGLE_TOKEN_URL": "google/token",
    "GOOGLE_REVOKE_URL": "google/revoke",
    "YOUTUBE_BASE_URL": "gapi",
    "INSTAGRAM_AUTHORIZE_URL": "instagram/oauth/authorize",
    "INSTAGRAM_API_BASE_URL": "instagram",
    "INSTAGRAM_GRAPH_BASE_URL": "ig",
    "TIKTOK_AUTHORIZE_URL": "tiktok/v2/auth/authorize/",
    "TIKTOK_BASE_URL": "tiktok",
}


def read(path=PATH):
    """The names and values of a file, {} where there is none."""
    values = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                found = LINE.match(line.strip())
                if found:
                    values[found[1]] = "".join(shlex.split(found[2], comments=True))
    except FileNotFoundError:
        pass
    except PermissionError as error:
        raise SystemExit(f"{path} belongs to somebody else: run this as the user who made it ({error.strerror})") from error
    return values


def line(name, value):
    """One line. Single quotes are literal for bash and for compose, so a value may hold no such quote."""
    if "'" in value or "\n" in value:
        raise ValueError(f"{name}: a quote or a line break can't stand in .env")
    return f"{name}={value}" if re.fullmatch(r"[A-Za-z0-9_.,:/@%+-]*", value) else f"{name}='{value}'"


def with_login(url, login, password):
    """The same database under another login; takes a URL or libpq's `key=value` words."""
    if "://" in url:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        query = "&".join(word for word in parts.query.split("&") if word and word.split("=")[0] not in ("user", "password"))
        return urlunsplit((parts.scheme, f"{login}:{quote(password, safe='')}@{place}", parts.path, query, ""))
    words = [word for word in shlex.split(url) if word.split("=")[0].strip() not in ("user", "password")]
    return " ".join([*(_word(word) for word in words), f"user={login}", _word(f"password={password}")])


def apart(url):
    """(url without its password, the password or ""): arguments are seen by everybody on the machine."""
    if "://" in url:
        parts = urlsplit(url)
        if parts.password is None:
            return url, ""
        user = parts.netloc.rpartition("@")[0].split(":")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}")), unquote(parts.password)
    words = shlex.split(url)
    found = [word.partition("=")[2] for word in words if word.startswith("password=")]
    return " ".join(_word(word) for word in words if not word.startswith("password=")), (found or [""])[0]


def _word(word):
    name, _, value = word.partition("=")
    return word if re.fullmatch(r"[^\s'\\]+", value) else f"{name}='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def database_port(port):
    """PostgreSQL's port beside the dispatcher's."""
    return port + 1000 if port + 1000 <= 65535 else port - 1000


def mail_port(port):
    """The sandbox's mail server beside the dispatcher."""
    return port + 4 if port + 4 <= 65535 else port - 4


def effective(environ=None, path=PATH):
    """What holds for a stack on PORT: the environment first, then .env with its addresses moved to that port.

    `DATABASE_URL` in the environment names a database that is not ours: the logins' follow it.
    """
    environ = dict(os.environ if environ is None else environ)
    values = read(path)
    port = int(environ.get("PORT") or values.get("PORT") or PORT)
    values["PORT"] = str(port)
    values["DATABASE_PORT"] = environ.get("DATABASE_PORT") or str(database_port(port))
    outside = urlsplit(values.get("API_EXTERNAL_URL", f"http://127.0.0.1:{PORT}"))
    if outside.hostname in ("127.0.0.1", "localhost"):
        values["API_EXTERNAL_URL"] = f"{outside.scheme}://{outside.hostname}:{port}"
    for name in PLAYED:
        played = urlsplit(values.get(name, ""))
        if played.hostname == "127.0.0.1" and played.path.startswith("/sandbox/"):
            values[name] = f"{played.scheme}://{played.hostname}:{port}{played.path}"
    # Mail goes to the sandbox, where nobody has said otherwise.
    values["SMTP_LISTEN"] = environ.get("SMTP_LISTEN") or values.get("SMTP_LISTEN") or f"127.0.0.1:{mail_port(port)}"
    if not (environ.get("SMTP_URL") or values.get("SMTP_URL")):
        values["SMTP_URL"] = f"smtp://{values['SMTP_LISTEN']}"
        values["SMTP_FROM"] = values.get("SMTP_FROM") or "no-reply@streamvibe.localhost"
    url = environ.get("DATABASE_URL") or with_login(
        f"postgresql://127.0.0.1:{values['DATABASE_PORT']}/streamvibe", "postgres", values.get("POSTGRES_PASSWORD", ""))
    values["DATABASE_URL"] = url
    for login in LOGINS:
        name = login.upper()
        values[f"DATABASE_URL_{name}"] = with_login(url, login, environ.get(f"{name}_PASSWORD") or values.get(f"{name}_PASSWORD", ""))
    return {**values, **{name: environ[name] for name in {*values, "SMTP_URL", "SMTP_FROM"} if environ.get(name)}}


if __name__ == "__main__":
    for setting, setting_value in effective().items():
        print(f"export {setting}={shlex.quote(setting_value)}")
