#!/usr/bin/env python3
"""Runs the dispatcher's end-to-end tests against the built executable (BINARIES, else .build/release).

    dispatcher.py [NAME...]    all, or the modules, classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import program  # noqa: E402

MODULES = ["dispatcher_forwarding", "dispatcher_failures", "dispatcher_front", "dispatcher_supervision",
           "dispatcher_replacing"]


if __name__ == "__main__":
    sys.exit(program.run(MODULES))
