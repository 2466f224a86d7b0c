#!/usr/bin/env python3
"""Proves that the corpus and its runner can fail.

The corpus is valid and large enough; a strict server passes it whole; with any single rule switched off it does
not; servers as they are usually written fail it; a right dispatcher passes it whole, and one with any single
fault does not. The last line is "self-check: N passed, N failed".
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

from harness import corpus
from harness.processes import HERE, started, wire
from harness.reader import RULES
from twin_dispatcher import FAULTS

#: The case that must fail when a rule is switched off.
GUARDS = {
    "absolute-authority": "target-forms/absolute-other-host",
    "authority-form": "target-forms/no-slash", "backslash": "urls/bad-backslash",
    "bare-cr": "line-ends/field-cr", "bare-lf": "line-ends/all-lf",
    "body-limit": "limits/body-over-announced", "body-of-get": "content-length/get-body",
    "chunk-data-end": "chunks/data-lf", "chunk-digits": "chunks/seventeen-digits",
    "chunk-extension-size": "chunks/extension-300", "chunk-line-end": "chunks/size-lf",
    "chunk-prefix": "chunks/size-letter-after", "chunk-sign": "chunks/size-hex-prefix",
    "chunk-space": "chunks/size-leading-space", "close-after-refusal": "request-line/two-spaces-after-method",
    "coding-list": "transfer-encoding/gzip-chunked", "coding-on-10": "transfer-encoding/on-10",
    "coding-twice": "transfer-encoding/twice", "coding-unknown": "transfer-encoding/identity",
    "coding-whitespace": "whitespace/vt-before-length", "colon-missing": "header-grammar/no-colon",
    "connection-options": "connection/nominates-length", "count-limit": "limits/fields-101",
    "dot-segments": "urls/bad-dot", "empty-name": "header-grammar/empty-name",
    "encoded-nul": "urls/bad-enc-nul", "encoded-slash": "urls/bad-enc-slash", "expect": "expect/unknown",
    "field-name": "header-grammar/name-22", "fragment": "urls/bad-fragment",
    "head-limit": "limits/head-66000", "host-authority": "host/slash", "host-missing": "host/missing",
    "host-twice": "host/twice-same", "http09": "version/http-09",
    "leading-lines": "request-line/two-empty-lines", "length-empty": "content-length/empty",
    "length-list": "content-length/list-same", "length-octal": "content-length/not-octal",
    "length-prefix": "content-length/letter-after", "length-sign": "content-length/plus",
    "length-twice-first": "content-length/twice-first-shorter",
    "length-twice-last": "content-length/twice-last-shorter", "length-with-coding": "smuggling/cl-te",
    "method": "methods/trace", "nul": "controls/value-00", "obs-fold": "obs-fold/space",
    "percent": "urls/bad-percent-alone", "request-line-space": "request-line/two-spaces-after-method",
    "space-before-colon": "whitespace/space-before-colon", "target-limit": "limits/target-8193",
    "target-non-ascii": "urls/bad-utf8", "trailer-grammar": "trailers/no-colon",
    "trailer-merge": "trailers/one", "trailer-size": "trailers/over-8k", "value-control": "controls/value-01",
    "version": "version/1-2",
}
#: The case that must fail through a dispatcher with a fault.
FAULT_GUARDS = {
    "decodes-path": "urls/encoded-letter", "drops-byte": "content-length/exact", "forwards-hop-by-hop": "upgrade/h2c",
    "forwards-unread": "controls/value-00", "keeps-client-address": "connection/spoofed-client",
    "merges-slashes": "urls/double-slash", "merges-trailers": "trailers/one", "passes-raw": "chunks/size-hex-prefix",
    "reuses-after-early-answer": "smuggling/cl-0-404", "routes-by-prefix": "urls/route-prefix",
    "sends-twice": "content-length/exact", "swaps-answers": "pipelining/two", "tunnels-anything": "upgrade/h2c",
}


def check_corpus():
    """Its rows are well formed, and there are as many as were promised."""
    rows = corpus.rows()
    wrong = corpus.problems(rows)
    urls = sum(row["group"] == "urls" for row in rows)
    if len(rows) < 300:
        wrong.append(f"{len(rows)} cases are fewer than 300")
    if urls < 120:
        wrong.append(f"{urls} rows about URLs are fewer than 120")
    return f"{len(rows)} cases, {urls} of them about URLs", wrong


def check_guards():
    ids = {row["id"] for row in corpus.rows()}
    wrong = sorted(set(RULES) ^ set(GUARDS) | set(FAULTS) ^ set(FAULT_GUARDS) ^ {"leaks-answers"})
    wrong += sorted((set(GUARDS.values()) | set(FAULT_GUARDS.values())) - ids)
    return f"{len(RULES)} rules and {len(FAULTS)} faults have a case that guards them", wrong


def check_strict():
    with started("echo_backend.py", "--strict", "--deadline", 2) as address:
        passed, failed, names = wire("--target", address, "--patience", 15)
    return f"the strict server passes {passed} cases", names if failed or not passed else []


def check_rule(rule):
    with started("echo_backend.py", "--strict", "--deadline", 2, "--without", rule) as address:
        _, failed, names = wire("--target", address, "--only", GUARDS[rule].split("/")[0], "--patience", 0.7)
    return f"without {rule}: {failed} failures", [] if GUARDS[rule] in names else [f"{GUARDS[rule]} passed"]


def check_server(title, least, *arguments):
    with started("lenient_server.py", *arguments) as address:
        passed, failed, _ = wire("--target", address, "--skip", "timeouts", "--skip", "limits", "--skip", "half-close",
                                 "--patience", 0.3, "--threads", 64)
    return f"{title}: {failed} of {passed + failed} cases fail", [] if failed >= least else [f"expected {least}"]


def check_dispatcher(fault=None):
    with tempfile.TemporaryDirectory() as folder:
        record = pathlib.Path(folder) / "record.jsonl"
        with started("echo_backend.py", "--record", record) as upstream, \
                started("twin_dispatcher.py", "--upstream", upstream, "--deadline", 2,
                        *(["--fault", fault] if fault else [])) as address:
            group = ["--only", FAULT_GUARDS[fault].split("/")[0], "--patience", 1] if fault else ["--patience", 15]
            passed, failed, names = wire("--target", address, "--echo", record, *group)
    if fault is None:
        return f"the right dispatcher passes {passed} cases", names if failed or not passed else []
    guard = FAULT_GUARDS[fault]
    return f"a dispatcher that {fault}: {failed} failures", [] if guard in names else [f"{guard} passed"]


def check_comparison():
    """Two servers that see different bytes do not agree, even where each alone is taken for right."""
    with started("echo_backend.py", "--strict", "--deadline", 2) as one, \
            started("echo_backend.py", "--strict", "--deadline", 2, "--without", "length-octal") as other:
        _, failed, names = wire("--target", one, "--direct", other, "--only", "content-length", "--patience", 0.7)
    return f"a comparison of two readers: {failed} disagreements", [] if "agreement" in names else ["nobody noticed"]


def program(script, *arguments):
    """Whether a load program passes."""
    return subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0


def check_h8():
    with started("echo_backend.py") as upstream, started("twin_dispatcher.py", "--upstream", upstream) as right, \
            started("twin_dispatcher.py", "--upstream", upstream, "--fault", "swaps-answers") as wrong:
        arguments = ["--requests", 500, "--seed", 1]
        outcome = program("h8_pipelining.py", "--target", right, *arguments), \
            program("h8_pipelining.py", "--target", wrong, *arguments)
    return "H8 passes a right dispatcher and not one that swaps answers", \
        [] if outcome == (True, False) else [str(outcome)]


def check_h4():
    arguments, outcome = ["--times", 1, "--at-once", 2, "--bar", 5000], []
    for without in ("", "body-limit"):
        with started("echo_backend.py", "--strict", "--without", without) as address:
            outcome.append(program("h4_oversized.py", "--target", address, *arguments))
    return "H4 passes a strict server and not one without a body limit", \
        [] if outcome == [True, False] else [str(outcome)]


def check_broken_upstream():
    with started("echo_backend.py") as upstream, started("twin_dispatcher.py", "--upstream", upstream) as right, \
            started("twin_dispatcher.py", "--upstream", upstream, "--fault", "leaks-answers") as wrong:
        outcome = program("broken_upstream.py", "--target", right), program("broken_upstream.py", "--target", wrong)
    return "broken_upstream passes a right dispatcher and not one that leaks answers", \
        [] if outcome == (True, False) else [str(outcome)]


def check_h3():
    with started("echo_backend.py", "--strict", "--deadline", 60) as address:
        passes = program("h3_slowloris.py", "--target", address, "--sockets", 30, "--short", "--head-deadline", 1,
                         "--body-deadline", 1, "--reader-deadline", 1)
    return "H3 does not pass a server that drops nobody", ["it does"] if passes else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--threads", type=int, default=3, help="checks at once [%(default)s]")
    options = parser.parse_args()
    checks = [check_h3, check_h8, check_h4, check_broken_upstream, check_corpus, check_guards, check_strict,
              check_dispatcher, check_comparison]
    checks += [lambda rule=rule: check_rule(rule) for rule in sorted(RULES)]
    checks += [lambda fault=fault: check_dispatcher(fault) for fault in FAULT_GUARDS]
    checks += [lambda: check_server("a lenient server", 300), lambda: check_server("http.server", 200, "--standard")]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
        for said, wrong in pool.map(lambda check: check(), checks):
            failures += bool(wrong)
            print(f"{'FAIL' if wrong else 'ok  '} {said}" + "".join(f"\n       {w}" for w in wrong[:10]), flush=True)
    print(f"self-check: {len(checks) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
