"""What every program of end-to-end tests does with its arguments, and says last."""

import sys
import unittest


def run(names=None):
    """The tests that the arguments name, else `names`, else all of the program's own; its exit code.

    The last line is "N passed, N failed"; a skipped test counts as failed.
    """
    program = sys.modules["__main__"]
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(program.__doc__.strip())
        return 0
    loader = unittest.defaultTestLoader
    chosen = sys.argv[1:] or names
    if chosen:
        suite = loader.loadTestsFromNames(chosen, None if names else program)
    else:
        suite = loader.loadTestsFromModule(program)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.skipped)
    print(f"{max(0, result.testsRun - failed)} passed, {failed} failed")
    return 1 if failed else 0
