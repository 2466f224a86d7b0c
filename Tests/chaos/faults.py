"""The faults: each is a function of (seed's random source, whether short) that returns its verdict and raises
AssertionError when the product does not hold. What depends on the machine's speed is judged in a full run only."""

import os
import shutil
import signal
import subprocess
import threading
import time

from cluster import ROOT, Cluster
from load import PATH, Load, percentile
from stack import BINARIES, FUNCTION, Stack, UnixConnection, eventually, payload
from syncs import sync_killed


def r2_dispatcher_killed(random, short):
    """kill -9 of the dispatcher under load, started again as its supervisor would: only requests in flight fail."""
    kills = 10 if short else 100
    cluster = Cluster()
    stack = Stack(cluster)
    try:
        users = stack.users(cluster, 8)
        address = f"unix:{stack.folder}/function.sock"
        stack.function(address)
        upstreams = {"UPSTREAMS": f"{FUNCTION}={address}"}
        stack.dispatch(**upstreams)
        stack.until_healthy()
        back = []
        with Load(stack, users, pause=0.014) as load:
            for _ in range(kills):
                time.sleep(random.uniform(0.05, 0.3))
                stack.dispatcher.kill()
                stack.dispatcher.wait()
                died = time.monotonic()
                stack.dispatch(**upstreams)
                eventually(lambda: load.answers(since=died), 5, "an answer after the kill")
                back.append(load.answers(since=died)[0][0] - died)
        assert not load.problems, load.problems[:5]
        assert load.broken <= kills * (len(users) + 8) * 20, f"{load.broken} connections broke in {kills} kills"
        assert not load.lost(cluster), "an acknowledged write is gone"
        p95 = percentile(back, 0.95)
        assert short or p95 <= 0.3, f"back after {p95:.3f} s"
        return f"{kills} kills, back after {p95 * 1000:.0f} ms (p95), {len(load.answers())} answers"
    finally:
        stack.stop()
        cluster.remove()


# How long a request waits for a database that is away, in seconds.
PATIENCE = 2


def r3_database_crashes(random, short):
    """PostgreSQL stopped as by a crash, and started again, under writes: nothing that was acknowledged is lost."""
    rounds, longest = (3, 3) if short else (25, 40)
    cluster = Cluster()
    stack = Stack(cluster)
    try:
        users = stack.users(cluster, 8)
        address = f"unix:{stack.folder}/function.sock"
        function = stack.function(address)
        stack.dispatch(UPSTREAMS=f"{FUNCTION}={address}")
        stack.until_healthy()
        recovered = []
        with Load(stack, users, pause=0.02) as load:
            for number in range(rounds):
                time.sleep(random.uniform(1, longest))
                stopped = time.monotonic()
                cluster.stop()
                time.sleep(random.uniform(0.5, 3) if number else PATIENCE + 1)
                cluster.start()
                ready = time.monotonic()
                # A short absence nobody notices: requests wait for the database for a while.
                refused = [status for _, status, _ in load.answers(stopped, ready)]
                assert 503 in refused or ready - stopped < PATIENCE + 0.5, \
                    f"no request was refused in the {ready - stopped:.1f} s without a database"
                recovered.append(eventually(
                    lambda: [answer for answer in load.answers(since=ready) if answer[1] == 200], 10, "writes again"))
            time.sleep(1)
        assert not load.problems, load.problems[:5]
        assert not load.lost(cluster), f"acknowledged writes are gone: {load.lost(cluster)}"
        assert function.poll() is None and stack.dispatcher.poll() is None, "a process ended"
        slowest = max(recovered)
        assert short or slowest <= 2, f"writes came back after {slowest:.2f} s"
        return f"{rounds} crashes, writes back after {slowest:.2f} s at most, {len(load.answers())} answers"
    finally:
        stack.stop()
        cluster.remove()


def r4_backends_killed(random, short):
    """A stream of pg_terminate_backend: every answer is right or a refusal, and throughput hardly falls."""
    seconds = 4 if short else 30
    cluster = Cluster()
    stack = Stack(cluster, DATABASE_CONNECTIONS=4)
    try:
        users = stack.users(cluster, 8)
        address = f"unix:{stack.folder}/function.sock"
        stack.function(address)
        stack.dispatch(UPSTREAMS=f"{FUNCTION}={address}")
        stack.until_healthy()
        kills = 0
        # Below what the cores can do: a new connection costs some 20 ms of CPU, which a saturated machine
        # has to take from the answers.
        with Load(stack, users, pause=0.02) as load:
            time.sleep(1)
            began = time.monotonic()
            time.sleep(seconds)
            between = time.monotonic()
            while time.monotonic() - between < seconds:
                cluster.sql("""
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where usename = 'edge' order by random() limit 1""")
                kills += 1
                time.sleep(random.uniform(0.15, 0.25))
            ended = time.monotonic()
        calm = len([1 for _, status, _ in load.answers(began, between) if status == 200]) / (between - began)
        struck = len([1 for _, status, _ in load.answers(between, ended) if status == 200]) / (ended - between)
        assert not load.problems, load.problems[:5]
        assert load.broken == 0, f"{load.broken} connections of clients broke"
        assert not load.lost(cluster), "an acknowledged write is gone"
        assert short or struck >= 0.95 * calm, f"{struck:.0f}/s of {calm:.0f}/s"
        return f"{kills} kills, {struck / calm:.0%} of the calm throughput"
    finally:
        stack.stop()
        cluster.remove()


def r5_connections_exhausted(random, short):
    """All of PostgreSQL's connections taken, and a thousand requests at once: bounded waits, then 503, no deadlock."""
    requests = 300 if short else 1000
    cluster = Cluster(connections=40)
    stack = Stack(cluster)
    idle = []
    try:
        users = stack.users(cluster, 20)
        address = f"unix:{stack.folder}/function.sock"
        stack.function(address)
        stack.dispatch(UPSTREAMS=f"{FUNCTION}={address}")
        for _ in range(60):
            idle.append(subprocess.Popen(
                ["psql", "-Xq", "-d", cluster.url("edge_service")], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL))
        time.sleep(2)
        answers, problems = storm(stack, users, requests)
        waits = [seconds for status, seconds in answers if status == 503]
        assert not problems, problems[:5]
        assert len(answers) == requests
        assert {status for status, _ in answers} <= {200, 503}, {status for status, _ in answers}
        assert not waits or max(waits) < 10, f"a request waited {max(waits):.1f} s"
        while idle:
            end(idle.pop())
        eventually(lambda: stack.status("GET", "/health") == 200, 10, "health after the connections came back")
        again, problems = storm(stack, users, 20)
        assert [status for status, _ in again] == [200] * 20, again
        return f"{requests} requests, {len(waits)} refused within {max(waits, default=0):.1f} s"
    finally:
        for process in idle:
            end(process)
        stack.stop()
        cluster.remove()


def end(process):
    process.stdin.close()
    process.wait(10)


def storm(stack, users, count):
    """([(status, seconds)], problems) of requests that are all under way at once."""
    answers, problems, lock = [], [], threading.Lock()

    def ask(token):
        began = time.monotonic()
        connection = stack.connection(30)
        try:
            connection.request("POST", PATH, payload(1), {
                "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            with lock:
                answers.append((answer.status, time.monotonic() - began))
                if answer.status == 503 and not answer.getheader("Retry-After"):
                    problems.append("503 without Retry-After")
        except OSError as error:
            with lock:
                problems.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(users[n % len(users)][1],)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers, problems


def h3_slow_clients(random, short):
    """Thousands of clients that send or read a byte now and then: others hardly notice."""
    cluster = Cluster()
    stack = Stack(cluster)
    try:
        address = f"unix:{stack.folder}/function.sock"
        stack.function(address)
        dispatcher = stack.dispatch(UPSTREAMS=f"{FUNCTION}={address}")
        stack.until_healthy()
        ran = subprocess.run(
            ["python3", "-B", os.path.join(ROOT, "Tests", "wire", "h3_slowloris.py"),
             "--target", f"127.0.0.1:{stack.port}", "--path", "/health/live", "--pid", str(dispatcher.pid),
             *(["--short"] if short else [])], capture_output=True, text=True, timeout=300, check=False)
        verdict = (ran.stdout.strip().splitlines() or [ran.stderr.strip()])[-1]
        assert ran.returncode == 0, verdict
        return verdict
    finally:
        stack.stop()
        cluster.remove()


def copies(stack, count):
    """Services that are copies of the function, each under a name of its own."""
    lines = []
    settings = ",".join(stack.settings)
    for number in range(count):
        path = os.path.join(stack.folder, f"fn-{number}")
        shutil.copy(os.path.join(BINARIES, FUNCTION), path)
        lines.append(f"fn-{number} {path} /functions/v1/fn-{number} {settings}\n")
    with open(stack.conf, "w", encoding="utf-8") as file:
        file.writelines(lines)


class Visitor(threading.Thread):
    """Asks service after service; what comes from a copied function is its own 404."""

    def __init__(self, stack, count, pause):
        super().__init__(daemon=True)
        self.stack, self.count, self.pause = stack, count, pause
        self.failed, self.times, self.ended = [], [], threading.Event()

    def run(self):
        connection, number = self.stack.connection(), 0
        while not self.ended.is_set():
            number = (number + 1) % self.count
            began = time.monotonic()
            try:
                connection.request("POST", f"/functions/v1/fn-{number}")
                answer = connection.getresponse()
                body = answer.read()
                self.times.append((began, time.monotonic() - began))
                if answer.status != 404 or b"there is nothing at this path" not in body:
                    self.failed.append(f"{answer.status} {body[:100]!r}")
            except Exception as error:  # noqa: BLE001: whatever it is, the request has failed
                self.failed.append(f"{type(error).__name__}: {error}")
                connection.close()
                connection = self.stack.connection()
            time.sleep(self.pause)


SLOW = """#!/usr/bin/env python3
import os, socketserver, time
class Slow(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        if b" /health" not in line:
            time.sleep(10)
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads, request_queue_size = True, 1000
Server(os.environ["LISTEN"].removeprefix("unix:"), Slow).serve_forever()
"""


def h6_one_slow_function(random, short):
    """A function that takes ten seconds, asked by hundreds at once: the others answer as before."""
    count, seconds = (8, 4) if short else (39, 20)
    cluster = Cluster()
    stack = Stack(cluster)
    try:
        copies(stack, count)
        slow = os.path.join(stack.folder, "slow")
        with open(slow, "w", encoding="utf-8") as file:
            file.write(SLOW)
        os.chmod(slow, 0o755)
        with open(stack.conf, "a", encoding="utf-8") as file:
            file.write(f"slow {slow} /functions/v1/slow PATH\n")
        stack.dispatch(SUPERVISE=True)
        stack.until_healthy(60)
        visitors = [Visitor(stack, count, 0.005) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        time.sleep(seconds)
        struck = time.monotonic()
        asking = [stack.connection(30) for _ in range(300)]
        for connection in asking:
            connection.request("GET", "/functions/v1/slow")
        sent = time.monotonic()
        time.sleep(seconds)
        for visitor in visitors:
            visitor.ended.set()
        for visitor in visitors:
            visitor.join(30)
        for connection in asking:
            connection.close()
        failed = [failure for visitor in visitors for failure in visitor.failed]
        assert not failed, f"{len(failed)} requests of others failed: {failed[:3]}"
        times = [each for visitor in visitors for each in visitor.times]
        calm = percentile([seconds for began, seconds in times if began < struck - 0.1], 0.99)
        held = percentile([seconds for began, seconds in times if began > sent], 0.99)
        assert held < 1, f"others waited {held:.2f} s"
        assert short or held < 1.2 * calm, f"p99 of others {held * 1000:.1f} ms, {calm * 1000:.1f} ms before"
        return f"p99 of others {held * 1000:.1f} ms, {calm * 1000:.1f} ms before"
    finally:
        stack.stop()
        cluster.remove()


def h9_functions_replaced(random, short):
    """Every function replaced by a new executable under load: no request fails, and the old processes go."""
    count = 8 if short else 40
    cluster = Cluster()
    stack = Stack(cluster)
    try:
        copies(stack, count)
        dispatcher = stack.dispatch(SUPERVISE=True)
        stack.until_healthy(60)
        old = children(dispatcher.pid)
        assert len(old) == count, f"{len(old)} processes for {count} services"
        visitors = [Visitor(stack, count, 0.014) for _ in range(8)]
        for visitor in visitors:
            visitor.start()
        time.sleep(1)
        for number in range(count):
            path = os.path.join(stack.folder, f"fn-{number}")
            shutil.copy(path, path + ".new")
            os.replace(path + ".new", path)
        dispatcher.send_signal(signal.SIGHUP)
        seconds = eventually(lambda: not set(old) & set(children(dispatcher.pid)), 120, "the old processes are gone")
        time.sleep(1)
        for visitor in visitors:
            visitor.ended.set()
        for visitor in visitors:
            visitor.join(30)
        failed = [failure for visitor in visitors for failure in visitor.failed]
        assert not failed, f"{len(failed)} requests failed: {failed[:3]}"
        assert len(children(dispatcher.pid)) == count
        return f"{count} replaced in {seconds:.1f} s, {sum(len(visitor.times) for visitor in visitors)} answers, none failed"
    finally:
        stack.stop()
        cluster.remove()


def children(pid):
    """Ids of the processes that a process has started and that still run."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(name))
        except OSError:
            pass
    return found


def limits_over_processes(random, short):
    """One user, 64 clients, eight processes: exactly as many requests pass as the limit says."""
    limit, requests = 100, 400
    cluster = Cluster()
    stack = Stack(cluster, RATE_LIMIT_USER_PER_HOUR=limit)
    try:
        [(_, token)] = stack.users(cluster, 1)
        paths = [f"{stack.folder}/function-{number}.sock" for number in range(8)]
        for path in paths:
            stack.function(f"unix:{path}")
            eventually(lambda path=path: os.path.exists(path), 10, f"{path} is there")
        statuses, lock = [], threading.Lock()

        def ask(client):
            for turn in range(client, requests, 64):
                connection = UnixConnection(paths[turn % len(paths)])
                connection.request("POST", f"/{FUNCTION}", "{}", {
                    "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                connection.close()
                with lock:
                    statuses.append(answer.status)

        threads = [threading.Thread(target=ask, args=(client,)) for client in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        counts = {status: statuses.count(status) for status in set(statuses)}
        assert counts == {422: limit, 429: requests - limit}, counts
        return f"{counts[422]} of {requests} passed on {len(paths)} processes"
    finally:
        stack.stop()
        cluster.remove()


def quotas_after_kills(random, short):
    """Reservations whose process was killed come back once, when their lease has run out."""
    cluster = Cluster()
    stack = Stack(cluster)
    try:
        [(user, _)] = stack.users(cluster, 1)
        claims = f'{{"sub":"{user}","role":"authenticated"}}'
        reserve = f"""
            begin; select set_config('role', 'edge_user', true), set_config('request.jwt.claims', '{claims}', true);
            select internal.reserve_quota('sync', interval '1 second'); commit"""
        for _ in range(3):
            cluster.sql(reserve)
        used = f"select syncs_used from public.subscription where user_id = '{user}'"
        assert cluster.sql(used) == ["3"]
        cluster.stop()  # a crash in between changes nothing
        cluster.start()
        time.sleep(1.2)
        for _ in range(2):
            cluster.sql("select internal.release_expired_reservations()")
            assert cluster.sql(used) == ["0"], cluster.sql(used)
        return "3 units came back once"
    finally:
        stack.stop()
        cluster.remove()


FAULTS = {
    "R2": r2_dispatcher_killed, "R3": r3_database_crashes, "R4": r4_backends_killed, "R5": r5_connections_exhausted,
    "H3": h3_slow_clients, "H6": h6_one_slow_function, "H9": h9_functions_replaced,
    "LIMITS": limits_over_processes, "QUOTAS": quotas_after_kills, "SYNC": sync_killed,
}
