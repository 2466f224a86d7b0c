#!/usr/bin/env python3
"""Counts of a layer that ran: prints `PASSED FAILED`, the skipped among the failed.

    scripts/lib/counts.py LAYER LOGS EXIT_CODE

Swift's are read from its reports, any other's from the last line 'N passed, N failed[, N skipped]'
(one word and a colon may stand before it) of LOGS/LAYER.log. A layer that ran nothing, or that failed without saying what, has one failure.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

LINE = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


def reported(folder):
    """(passed, failed) of the xunit files that swift test left."""
    passed = failed = 0
    for path in glob.glob(os.path.join(folder, "swift*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):
            bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
            failed += bad
            passed += not bad
    return passed, failed


def printed(path):
    """(passed, failed) of a log's closing line."""
    with open(path, encoding="utf-8", errors="replace") as file:
        found = LINE.findall(file.read())
    if not found:
        return 0, 0
    passed, failed, skipped = found[-1]
    return int(passed), int(failed) + int(skipped or 0)


def counts(layer, folder, code):
    passed, failed = reported(folder) if layer == "swift" else printed(os.path.join(folder, layer + ".log"))
    return passed, max(failed, int(code != 0 or passed == 0))


if __name__ == "__main__":
    print(*counts(sys.argv[1], sys.argv[2], int(sys.argv[3])))
