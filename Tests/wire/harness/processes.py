"""Starts the Python servers of these tests and ends them again."""

import contextlib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def started(script, *arguments):
    """Runs a script of this folder that prints its address first; the address while it runs."""
    process = subprocess.Popen([sys.executable, str(HERE / script), *map(str, arguments)], stdout=subprocess.PIPE,
                               text=True)
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"{script} did not start")
        yield address
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def wire(*arguments):
    """Runs the corpus; (passed, failed, the names of failed cases)."""
    done = subprocess.run([sys.executable, str(HERE / "run"), *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    last = done.stdout.rstrip().rpartition("\n")[2].split()
    if len(last) != 5 or last[0] != "wire:":
        raise RuntimeError(f"the runner said: {done.stdout[-2000:]}")
    failed = [line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("  FAIL")]
    return int(last[1]), int(last[3]), failed
