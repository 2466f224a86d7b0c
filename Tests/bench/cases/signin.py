"""Sign-ins by password: bcrypt is what they cost, and others do not wait for it."""

import contextlib
import crypt
import json
import os
import subprocess
import sys
import warnings

from harness import load, machine
from harness.context import ISSUER, USERS
from harness.process import Process, free_port
from harness.result import Bar, Result, median, ratio_bar

warnings.filterwarnings("ignore", category=DeprecationWarning)

PASSWORD = "correct horse battery"
THREADS = 2
CLIENTS = 16
MIB = 1024 * 1024
OTHER = "/auth/v1/settings"


def pace(address, seconds):
    """How a client fares that asks for something else meanwhile."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness.pace", address, OTHER, str(seconds)], cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        stdout=subprocess.PIPE, text=True)


@contextlib.contextmanager
def company(context):
    """REST, a function and the dispatcher, which run beside auth wherever it runs and share libraries with it."""
    with contextlib.ExitStack() as stack:
        places, running = [], {}
        for name, login in [("rest", "authenticator"), ("auth-profile-setup", "edge")]:
            places.append(f"127.0.0.1:{free_port()}")
            running[name] = stack.enter_context(context.program(name, DATABASE_URL=context.login_url(login), LISTEN=places[-1]))
        public = f"127.0.0.1:{free_port()}"
        upstreams = ",".join(f"{name}={place}" for name, place in zip(running, places))
        dispatcher = stack.enter_context(Process(
            "dispatcher-signin", [context.binary("dispatcher")], {"LISTEN": public, "UPSTREAMS": upstreams}, context.folder))
        for process, place in zip(running.values(), places):
            process.wait(place, "/health")
        dispatcher.wait(public, "/health/live")
        yield running


def bcrypt_alone(context, hashed):
    """Checks a second of as many processes as auth has threads for it."""
    command = [sys.executable, "-W", "ignore", os.path.join(context.peers, "bcrypt_alone.py"), hashed, PASSWORD, str(context.seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(THREADS)]
    return sum(float(each.communicate()[0]) for each in running)


def run(context):
    result = Result("signin", f"POST of address and password, bcrypt cost 10 on {THREADS} threads; {CLIENTS} clients")
    context.make_users()
    hashed = crypt.crypt(PASSWORD, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 10))
    context.sql("update auth.users set encrypted_password = :'hashed'", hashed=hashed)
    address = f"127.0.0.1:{free_port()}"
    environment = {
        "DATABASE_URL": context.login_url("auth_admin"), "JWT_JWKS": context.keys[1], "JWT_SIGNING_KEY": context.keys[0],
        "JWT_ISSUER": ISSUER, "AUTH_RATE_LIMITS": "off", "AUTH_HASH_THREADS": str(THREADS), "LISTEN": address,
        "SMTP_URL": "smtp://127.0.0.1:9", "SMTP_FROM": "no-reply@example.com"}
    bodies = os.path.join(context.folder, "sign-ins")
    with open(bodies, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"email": f"user-{number + 1}@example.com", "password": PASSWORD}) + "\n" for number in range(USERS))
    others = {"PostgreSQL": context.postmaster}
    with company(context) as beside, Process("auth", [context.binary("auth")], environment, context.folder) as auth:
        auth.wait(address, "/health")
        idle_memory, rest_memory = machine.memory_of(auth.pid), machine.memory_of(beside["rest"].pid)
        url = f"http://{address}/auth/v1/token?grant_type=password"
        load.turn(url, auth, 1, clients=CLIENTS, bodies=bodies)
        alone, turns, calm, busy = [], [], [], []
        for number in range(context.runs):
            print(f"  round {number + 1}/{context.runs} …", file=sys.stderr, flush=True)
            calm.append(json.loads(pace(address, context.seconds).communicate()[0]))
            alone.append(bcrypt_alone(context, hashed))
            other = pace(address, context.seconds)
            turns.append(load.turn(url, auth, context.seconds, clients=CLIENTS, bodies=bodies, others=others))
            busy.append(json.loads(other.communicate()[0]))
        loaded_memory = machine.memory_of(auth.pid)
    result.turns({"auth": turns})
    result.notes += [
        f"bcrypt alone, {THREADS} processes of the same libxcrypt: {median(alone):.1f} checks a second.",
        "Memory is measured beside REST, a function and the dispatcher: what processes share counts a part for each.",
        f"GET {OTHER} every 2 ms: p50 {median(each['p50_ms'] for each in calm):.2f} ms, p99 {median(each['p99_ms'] for each in calm):.2f} ms idle; "
        f"p50 {median(each['p50_ms'] for each in busy):.2f} ms, p99 {median(each['p99_ms'] for each in busy):.2f} ms beside the sign-ins.",
    ]
    result.rounds["bcrypt"] = alone
    result.bars.append(ratio_bar("sign-ins a second / bcrypt's checks", [(turn.rate, rate) for turn, rate in zip(turns, alone)], 0.9))
    ratios = [one["p99_ms"] / other["p99_ms"] for one, other in zip(busy, calm)]
    result.bars.append(Bar("others' p99: beside sign-ins / idle", median(ratios), 1.5, atleast=False, unit=" ×", spread=(min(ratios), max(ratios))))
    result.bars.append(Bar("rest, idle: PSS", rest_memory[0] / 1e6, 8, atleast=False, unit=" MB"))
    result.bars.append(Bar("auth, idle: PSS", idle_memory[0] / 1e6, 8, atleast=False, unit=" MB"))
    result.bars.append(Bar("auth, after load: PSS", loaded_memory[0] / 1e6, 8, atleast=False, unit=" MB"))
    return result
