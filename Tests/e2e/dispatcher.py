#!/usr/bin/env python3
"""Runs the dispatcher's end-to-end tests against the built executable (BINARIES, else .build/release).

    dispatcher.py [NAME...]    all, or the modules, classes or tests of these names

The last line is "N passed, N failed"; a skipped test counts as failed.
"""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
MODULES = ["dispatcher_forwarding", "dispatcher_failures", "dispatcher_front", "dispatcher_supervision",
           "dispatcher_replacing"]


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or MODULES)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.skipped)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
