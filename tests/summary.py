"""
Print the count of trial's runs: C{N passed, N failed, N skipped}.

C{python tests/summary.py LOG...} reads trial's output from each LOG.  The exit status
is 1 if anything failed, or if trial never came to its summary.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_VERDICT = re.compile(r"^(?:PASSED|FAILED)(?: \((.*)\))?$", re.MULTILINE)
_COUNT = re.compile(r"(\w+)=(\d+)")

_PASSED = ("successes",)
_FAILED = ("failures", "errors", "unexpectedSuccesses")
_SKIPPED = ("skips", "expectedFailures")


def count(output: str) -> tuple[int, int, int]:
    """
    How many tests passed, failed and were skipped, by the last verdict in C{output}.

    Output without a verdict is one failure: trial was killed, or never started.
    """
    verdicts = _VERDICT.findall(output)
    if not verdicts:
        return 0, 1, 0
    counts = {name: int(number) for name, number in _COUNT.findall(verdicts[-1])}
    passed, failed, skipped = (
        sum(counts.get(name, 0) for name in names) for names in (_PASSED, _FAILED, _SKIPPED)
    )
    return passed, failed, skipped


def main(*logs: Path) -> int:
    """Print the count of all C{logs} together, and return the exit status."""
    outputs = [log.read_text(errors="replace") if log.exists() else "" for log in logs]
    passed, failed, skipped = map(sum, zip(*map(count, outputs), strict=True))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
