"""docker-compose.yml as text: one service an executable, PostgreSQL, and the migrations before them."""

import json

from settings import PLAYED

HEAD = """\
# Made by scripts/compose from every executable's --describe: change those, not this.
#
#   scripts/env && docker compose up --build --wait
#
# Secrets come from .env, each service has only the settings that it reads, and one port is published.

name: streamvibe

x-bases: &bases
  SWIFT_IMAGE: ${SWIFT_IMAGE:-swift:6.3-bookworm}
  RUNTIME_IMAGE: ${RUNTIME_IMAGE:-debian:bookworm-slim}

# One build for all executables; an image takes one of them, and what it loads, out of it.
x-executable: &executable
  context: .
  dockerfile_inline: |
    ARG SWIFT_IMAGE RUNTIME_IMAGE
    FROM $${SWIFT_IMAGE} AS build
    RUN apt-get update \\
        && apt-get install -y --no-install-recommends \\
            ca-certificates libcrypt-dev libcurl4-openssl-dev libpq-dev libssl-dev pkg-config python3 \\
        && rm -rf /var/lib/apt/lists/*
    WORKDIR /source
    COPY Package.swift ./
    COPY Sources Sources
    COPY Tests Tests
    COPY functions functions
    COPY scripts/catalog scripts/catalog
    COPY scripts/lib scripts/lib
    RUN --mount=type=cache,target=/source/.build,sharing=locked \\
        swift build -c release && scripts/catalog && scripts/lib/pack /out
    FROM $${RUNTIME_IMAGE}
    COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
    ARG EXECUTABLE
    COPY --from=build /out/lib/$${EXECUTABLE} /app/lib
    COPY --from=build /out/app/$${EXECUTABLE} /app
    ENV LD_LIBRARY_PATH=/app/lib
    USER 65532:65532

x-database: &database
  context: .
  dockerfile_inline: |
    ARG RUNTIME_IMAGE
    FROM $${RUNTIME_IMAGE} AS postgres
    RUN mkdir -p /etc/postgresql-common/createcluster.d \\
        && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/streamvibe.conf \\
        && apt-get update \\
        && apt-get install -y --no-install-recommends postgresql-15 postgresql-15-cron \\
        && rm -rf /var/lib/apt/lists/* \\
        && install -d -m 700 -o postgres -g postgres /data
    COPY scripts/lib/cluster.sh scripts/lib/container-postgres /app/
    USER postgres
    # Fast: it does not wait for its clients to leave.
    STOPSIGNAL SIGINT
    FROM postgres AS migrate
    COPY scripts /app/scripts
    COPY database /app/database

x-service: &service
  restart: unless-stopped
  read_only: true
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  pids_limit: 256
  stop_grace_period: 15s
  logging:
    options: {max-size: 10m, max-file: "3"}

services:
"""

DATABASE = """\
  postgres:
    <<: *service
    image: streamvibe/postgres
    build:
      <<: *database
      args: *bases
      target: postgres
    command: [/app/container-postgres, /data]
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?scripts/env writes it into .env}
    volumes: ["postgres:/data"]
    tmpfs: [/tmp]
    shm_size: 128m
    mem_limit: 1g
    stop_grace_period: 60s
    healthcheck:
      test: [CMD, pg_isready, -q, -h, /data/run, -U, postgres, -d, streamvibe]
      interval: 2s
      timeout: 3s
      retries: 5
      start_period: 30s

  migrate:
    <<: *service
    image: streamvibe/migrate
    build:
      <<: *database
      args: *bases
      target: migrate
    command: [/app/scripts/migrate]
    restart: "no"
    environment:
      DATABASE_URL: postgresql://postgres:${POSTGRES_PASSWORD:?scripts/env writes it into .env}@postgres:5432/streamvibe
{passwords}
    tmpfs: [/tmp]
    mem_limit: 256m
    depends_on:
      postgres: {{condition: service_healthy}}
"""

SERVICE = """\
  {name}:
    <<: *service
    image: streamvibe/{name}
    build:
      <<: *executable
      args: {{<<: *bases, EXECUTABLE: {name}}}
    entrypoint: [/app/{name}]
    environment:
{environment}
{folders}    mem_limit: {memory}m
    healthcheck:
      test: [CMD, /app/{name}, --health]
      interval: 5s
      timeout: 5s
      retries: 3
      start_period: 20s
{rest}"""

COMMAND = """\
  {name}:
    <<: *service
    image: streamvibe/{name}
    build:
      <<: *executable
      args: {{<<: *bases, EXECUTABLE: {name}}}
    entrypoint: [/app/{name}]
    command: [keys]
    restart: "no"
    environment:
{environment}
    mem_limit: {memory}m
{profile}    depends_on:
      migrate: {{condition: service_completed_successfully}}
"""

LOGINS = ("EDGE", "EDGE_SERVICE", "AUTHENTICATOR", "AUTH_ADMIN")
MISSING = "scripts/env writes it into .env"
# What .env always has: a service that can do without is not to be without it by mistake.
WRITTEN = {"ANON_KEY", "EDGE_PROXY_KEY", "JWT_JWKS", "JWT_SIGNING_KEY", "SERVICE_ROLE_KEY", "VAULT_KEYS"}
LISTEN, METRICS, SMTP = 8080, 9090, 2525
# Settings that name a folder of this machine, and where its service has it.
FOLDERS = {"AUTH_TEMPLATES": "/templates"}


def compose(services):
    """The whole file."""
    passwords = "\n".join(f"      {login}_PASSWORD: ${{{login}_PASSWORD:?{MISSING}}}" for login in LOGINS)
    parts = [HEAD + DATABASE.replace("{passwords}", passwords).replace("{{", "{").replace("}}", "}")]
    parts += [_service(service, services) for service in sorted(services, key=lambda each: each["name"])]
    return "\n".join(parts) + "\nvolumes:\n  postgres:\n"


def _service(service, services):
    environment = {setting["name"]: _value(setting, service, services) for setting in service["settings"]}
    lines = [f"      {name}: {value}".rstrip() for name, value in sorted(environment.items()) if value is not None]
    if service["kind"] == "command":
        # With nobody who waits for its end, `up --wait` would take that end for a failure.
        profile = "" if any(_shared(other, service) for other in services if other is not service) else f"    profiles: [{service['name']}]\n"
        return COMMAND.format(name=service["name"], environment="\n".join(lines), memory=service["memory_mb"], profile=profile)
    return SERVICE.format(
        name=service["name"], environment="\n".join(lines), folders=_folders(environment), memory=service["memory_mb"],
        rest=_rest(service, services))


def _folders(environment):
    """What is mounted; nothing in particular where the setting is not set."""
    lines = [f'      - {{type: bind, source: "${{{name}:-/dev/null}}", target: {FOLDERS[name]}, read_only: true}}\n'
             for name in sorted(environment) if name in FOLDERS]
    return "    volumes:\n" + "".join(lines) if lines else ""


def _rest(service, services):
    if service["name"] == "dispatcher":
        # It answers for a function that is not up; it does not wait for all of them.
        waits = "".join(f"      {other['name']}: {{condition: service_started}}\n" for other in _upstreams(services))
        return f'    ports: ["${{BIND_ADDRESS:-127.0.0.1}}:${{PORT:-54321}}:{LISTEN}"]\n    depends_on:\n{waits}'
    if service.get("local"):
        # It plays the outside world: not there unless asked for, and not behind the dispatcher.
        return f'    profiles: [{service["name"]}]\n    ports: ["127.0.0.1:${{{service["name"].upper()}_PORT:-54324}}:{LISTEN}"]\n'
    waits = ["migrate"] if service.get("login") else []
    # The vault's keys are noted before somebody seals with them.
    waits += [other["name"] for other in services if other["kind"] == "command" and _shared(service, other)]
    lines = "".join(f"      {name}: {{condition: service_completed_successfully}}\n" for name in waits)
    return f"    depends_on:\n{lines}" if lines else ""


def _shared(service, command):
    """Whether the service reads a setting that the command does, besides the database's."""
    names = [{setting["name"] for setting in each["settings"]} - {"DATABASE_URL"} for each in (service, command)]
    return bool(names[0] & names[1])


def _upstreams(services):
    return sorted((each for each in services if each["paths"] and not each.get("local")), key=lambda each: each["name"])


def _value(setting, service, services):
    """How a setting reaches its container: "" hands on what .env or the shell has, None is left out."""
    name = setting["name"]
    given = {
        "LISTEN": f"0.0.0.0:{LISTEN}",
        "METRICS_LISTEN": f"0.0.0.0:{METRICS}",
        "UPSTREAMS": json.dumps(",".join(f"{each['name']}={each['name']}:{LISTEN}" for each in _upstreams(services))),
        "METRICS_UPSTREAMS": json.dumps(",".join(f"{each['name']}:{METRICS}" for each in _upstreams(services))),
        "OPENAPI": "/app/openapi.json",
        "SMTP_LISTEN": f"0.0.0.0:{SMTP}",
        "SERVICES": None,
        "RUN_DIR": None,
        "PORT": None,
        # in .env they are the sandbox's on this machine, which no container reaches: there the
        # platforms are the real ones
        **dict.fromkeys(PLAYED),
    }
    if name in given:
        return given[name]
    if name in FOLDERS:
        return f"${{{name}:+{FOLDERS[name]}}}"
    if name == "DATABASE_URL" and service.get("login"):
        login = service["login"]
        return f"postgresql://{login}:${{{login.upper()}_PASSWORD:?{MISSING}}}@postgres:5432/streamvibe"
    if name == "DATABASE_URL" and service["kind"] == "command":
        return f"postgresql://postgres:${{POSTGRES_PASSWORD:?{MISSING}}}@postgres:5432/streamvibe"
    return f"${{{name}:?{MISSING}}}" if setting["required"] or name in WRITTEN else ""
