"""The whole layer, as `scripts/test` runs it: the built executables (BINARIES) against everything here.

The dispatcher stands in front of echo_backend.py and is compared with a strict reader that shares no code with it;
each function is asked alone and through a dispatcher; then short runs of the load programs.
"""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

from .address import Address
from .processes import HERE, started

ROUTE = "/functions/v1/echo"
COUNTS = re.compile(r"^[a-z-]+: (\d+) passed, (\d+) failed$", re.MULTILINE)
VERDICT = re.compile(r"^(PASS|FAIL) ", re.MULTILINE)


class Layer:
    """Runs programs one after another and adds up what they say."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder, self.passed, self.failed = pathlib.Path(binaries), pathlib.Path(folder), 0, 0

    def step(self, title, script, *arguments):
        """One program; its last count or verdict is what counts, and silence is a failure."""
        print(f"== {title}", flush=True)
        done = subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        counts, verdicts = COUNTS.findall(done.stdout), VERDICT.findall(done.stdout)
        passed, failed = map(int, counts[-1]) if counts else (verdicts.count("PASS"), verdicts.count("FAIL"))
        failed = max(failed, int(done.returncode != 0 or passed + failed == 0))
        self.passed, self.failed = self.passed + passed, self.failed + failed
        lines = done.stdout.rstrip().split("\n")
        told = [line for line in lines[:-1] if not line.startswith("ok ") and not line.endswith(" passed, 0 failed")]
        print("\n".join((told if failed else []) + lines[-1:]), flush=True)

    @contextlib.contextmanager
    def executable(self, name, address, **environment):
        """A built executable at its address while the block runs; its process id."""
        log = open(self.folder / f"{name}.log", "ab")
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LD_LIBRARY_PATH", "TZ")}
        process = subprocess.Popen([str(self.binaries / name)], env=kept | environment | {"LISTEN": str(address)},
                                   stdout=log, stderr=log)
        try:
            wait_for(Address(str(address)), process)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()

    def dispatcher(self, upstreams):
        address = f"127.0.0.1:{free_port()}"
        return address, self.executable("dispatcher", address, UPSTREAMS=upstreams, MAX_BODY_BYTES=str(1 << 20),
                                        EDGE_PROXY_KEY="a key of the tests", LOG_LEVEL="error")

    def functions(self):
        """The executables that are functions, by their folder."""
        folder = HERE.parent.parent / "functions"
        return sorted(f.name for f in folder.iterdir() if (self.binaries / f.name).exists()) if folder.exists() else []

    def run_dispatcher(self):
        record = self.folder / "record.jsonl"
        with started("echo_backend.py", "--listen", f"unix:{self.folder}/echo.sock", "--record", record) as upstream, \
                started("echo_backend.py", "--strict") as direct:
            address, dispatcher = self.dispatcher(f"echo={upstream}")
            with dispatcher:
                self.step("the corpus through the dispatcher, and beside a strict reader", "run", "--target", address,
                          "--path", ROUTE, "--echo", record, "--direct", direct)
                self.step("a service that answers badly", "broken_upstream.py", "--target", address)
        with started("echo_backend.py", "--listen", f"unix:{self.folder}/quick.sock") as upstream:
            address, dispatcher = self.dispatcher(f"echo={upstream}")
            with dispatcher as pid:
                self.step("H8 pipelining", "h8_pipelining.py", "--short", "--target", address)
                self.step("H3 slow clients", "h3_slowloris.py", "--short", "--target", address, "--pid", pid)
                self.step("H4 oversized requests", "h4_oversized.py", "--short", "--target", address, "--pid", pid)

    def run_function(self, name, is_first):
        skip = [] if is_first else ["--skip", "timeouts"]
        address = f"unix:{self.folder}/{name}.sock"
        with self.executable(name, address):
            self.step(f"the corpus against {name}", "run", "--target", address, "--path", f"/functions/v1/{name}",
                      "--opaque", *skip)
            front, dispatcher = self.dispatcher(f"{name}={address}")
            with dispatcher:
                self.step(f"the corpus through the dispatcher against {name}", "run", "--target", front, "--path",
                          f"/functions/v1/{name}", "--opaque", "--role", "dispatcher", "--skip", "timeouts",
                          "--skip", "upgrade")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address, process, seconds=20):
    """Returns when the address accepts; raises when its process has ended or it takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        try:
            address.connect(1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen on {address}")


def run(binaries):
    """All of it; the last line is "N passed, N failed"."""
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        layer = Layer(binaries, folder)
        layer.step("the corpus and its runner", "self_check.py")
        layer.run_dispatcher()
        for number, name in enumerate(layer.functions()):
            layer.run_function(name, number == 0)
    print(f"{layer.passed} passed, {layer.failed} failed")
    return 1 if layer.failed or not layer.passed else 0
