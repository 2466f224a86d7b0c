"""scripts/lib/common.sh and the tools' first lines: help, refusals, and what an end leaves behind."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import counts
from package import ROOT

SCRIPTS = os.path.join(ROOT, "scripts")
HEAD = f"set -euo pipefail; . {SCRIPTS}/lib/common.sh; "


def bash(text, **options):
    return subprocess.run(["bash", "-c", HEAD + text], capture_output=True, text=True, check=False, **options)


def hearing():
    """Whoever runs the tests in the background ignores some signals; a script must not inherit that."""
    for sent in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(sent, signal.SIG_DFL)


def alive(marker):
    return subprocess.run(["pgrep", "-fx", marker], capture_output=True, check=False).returncode == 0


class Steps(unittest.TestCase):
    def test_a_step_hides_what_went_well(self):
        ran = bash("step Working echo noise")
        self.assertEqual(ran.returncode, 0)
        self.assertNotIn("noise", ran.stdout + ran.stderr)
        self.assertIn("Working", ran.stdout)

    def test_a_step_shows_what_went_wrong_and_passes_its_code_on(self):
        ran = bash("step Working bash -c 'echo the reason; exit 7'")
        self.assertEqual(ran.returncode, 7)
        self.assertIn("the reason", ran.stderr)

    def test_a_long_step_says_so(self):
        ran = bash("step Working bash -c 'echo half way; sleep 2.5'")
        self.assertRegex(ran.stdout, r"Working … 2 s +half way")

    def test_a_signal_ends_what_a_step_started(self):
        for sent, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)):
            marker = f"{3141 + sent.value}.{os.getpid()}"
            script = subprocess.Popen(["bash", "-c", HEAD + f"step Working bash -c 'sleep {marker} & sleep {marker}'"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=hearing)
            self.addCleanup(script.kill)
            self.wait_for(lambda: alive(f"sleep {marker}"))
            script.send_signal(sent)
            self.assertEqual(script.wait(30), code)
            self.wait_for(lambda: not alive(f"sleep {marker}"))

    def test_an_installation_is_not_interrupted(self):
        with tempfile.TemporaryDirectory() as folder:
            done = os.path.join(folder, "done")
            script = subprocess.Popen(["bash", "-c", HEAD + f"step_attached Installing bash -c 'echo > {done}.begun; sleep 1; echo > {done}'"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=hearing)
            self.wait_for(lambda: os.path.exists(done + ".begun"))
            os.killpg(script.pid, signal.SIGINT)
            self.assertEqual(script.wait(30), 130)
            self.assertTrue(os.path.exists(done))

    def test_the_latest_is_undone_first_and_the_code_stays(self):
        ran = bash("on_exit echo first; on_exit echo 'the second'; exit 5")
        self.assertEqual(ran.stdout, "the second\nfirst\n")
        self.assertEqual(ran.returncode, 5)

    def test_the_scratch_folder_goes(self):
        with tempfile.TemporaryDirectory() as folder:
            ran = bash('make_scratch; [ -d "$scratch" ]; false', env={**os.environ, "TMPDIR": folder})
            self.assertEqual(ran.returncode, 1)
            self.assertEqual(os.listdir(folder), [])

    def wait_for(self, condition):
        until = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), until, "it did not come true in 20 s")
            time.sleep(0.05)


class Tools(unittest.TestCase):
    def run_tool(self, name, *arguments, **environ):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "PORT"))}
        return subprocess.run([os.path.join(SCRIPTS, name), *arguments], env={**clean, **environ},
                              capture_output=True, text=True, check=False, timeout=120)

    def test_every_tool_has_help(self):
        for name in sorted(os.listdir(SCRIPTS)):
            path = os.path.join(SCRIPTS, name)
            if os.path.isfile(path):
                ran = self.run_tool(name, "--help")
                self.assertEqual(ran.returncode, 0, name)
                self.assertIn(f"scripts/{name}", ran.stdout, name)

    def test_a_taken_port_is_a_clear_error(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.addCleanup(shutil.rmtree, os.path.join(ROOT, ".data", port))
            ran = self.run_tool("run", PORT=port)
            self.assertEqual(ran.returncode, 1)
            self.assertIn(f"port {port} is taken", ran.stderr)
            self.assertEqual(ran.stdout, "")

    def test_a_taken_database_port_is_a_clear_error(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.addCleanup(shutil.rmtree, os.path.join(ROOT, ".data", "1"))
            ran = self.run_tool("run", PORT="1", DATABASE_PORT=port)
            self.assertEqual(ran.returncode, 1)
            self.assertIn(f"port {port} is taken", ran.stderr)

    def test_what_is_no_port_is_refused(self):
        for port in ("0", "65536", "http", "-1", "080"):
            ran = self.run_tool("run", PORT=port)
            self.assertEqual(ran.returncode, 1)
            self.assertIn("a number from 1 to 65535", ran.stderr)

    def test_unknown_options_are_refused(self):
        for name in ("run", "build", "check", "test", "setup"):
            self.assertEqual(self.run_tool(name, "--nonsense").returncode, 1, name)

    def test_a_phase_that_there_is_not_is_refused(self):
        for phase in ("0", "9", "x"):
            self.assertEqual(self.run_tool("test", "--phase", phase).returncode, 1)


class Counts(unittest.TestCase):
    def counted(self, text, code=0, layer="wire"):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "wire.log" if layer == "wire" else "swift.xml"), "w", encoding="utf-8") as file:
                file.write(text)
            return counts.counts(layer, folder, code)

    def test_the_closing_line_is_read(self):
        self.assertEqual(self.counted("1 passed, 9 failed\nnoise\n12 passed, 0 failed\n"), (12, 0))

    def test_what_is_skipped_has_failed(self):
        self.assertEqual(self.counted("12 passed, 1 failed, 2 skipped\n", 1), (12, 3))

    def test_a_layer_that_says_nothing_has_failed(self):
        self.assertEqual(self.counted("all is well\n"), (0, 1))
        self.assertEqual(self.counted("0 passed, 0 failed\n"), (0, 1))

    def test_a_layer_that_ends_badly_has_failed_whatever_it_counted(self):
        self.assertEqual(self.counted("12 passed, 0 failed\n", 1), (12, 1))

    def test_swifts_report_is_read(self):
        report = '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase>' \
                 '<testcase name="c"><skipped/></testcase></testsuite></testsuites>'
        self.assertEqual(self.counted(report, 1, "swift"), (1, 2))
