"""
Twisted's own tests of reactors, for one reactor alone.

C{python -m tests.reactor.suite REACTOR} runs them in a process of their own, and
prints as JSON how many there were and which did not pass.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from unittest.mock import patch

import twisted.internet.test
from twisted.internet.test.reactormixins import ReactorBuilder
from twisted.trial.reporter import TestResult
from twisted.trial.runner import TestLoader, TestSuite

KNOWN = Path(__file__).parents[2] / "docs" / "reactor-suite.csv"
"""What does not pass on uv, and why: a part of the documentation."""

TIMEOUT = 3
"""Seconds that a test may take; Twisted gives each two minutes."""

UV = "tests.reactor.suite.UVReactor"
EPOLL = "twisted.internet.epollreactor.EPollReactor"


def uv_reactor(case: Any) -> Any:
    """A reactor whose loop is closed when its test is over."""
    # Here, as it loads uvloop.
    from netsim.reactor.reactor import UVReactor

    reactor = UVReactor()
    case.addCleanup(reactor._asyncioEventloop.close)
    return reactor


UVReactor = uv_reactor
"""Under this name the generated test cases are called as Twisted's are."""


def builders() -> Iterator[type[ReactorBuilder]]:
    """Every class of Twisted's that tests whatever reactor it is given."""
    for module in iter_modules(twisted.internet.test.__path__, "twisted.internet.test."):
        if not module.name.rpartition(".")[2].startswith("test_"):
            continue
        try:
            names = vars(import_module(module.name))
        except ImportError:
            # For another operating system.
            continue
        # Those that are only a base of others have no test case for any reactor.
        for name, kind in names.items():
            if name.endswith("_SelectReactorTests"):
                yield kind.__bases__[0]


def cases(reactor: str) -> dict[str, type]:
    """The test cases for this reactor, by name."""
    made: dict[str, type] = {}
    # Importing them makes their own test cases, for the usual reactors.
    found = list(builders())
    with patch.object(ReactorBuilder, "_reactors", [reactor]):
        for builder in found:
            made.update(builder.makeTestCaseClasses())
    for case in made.values():
        case.timeout = TIMEOUT  # type: ignore[attr-defined]
    return made


def listed() -> set[str]:
    """The tests of which the documentation says that they do not pass on uv."""
    return {row["test"] for row in csv.DictReader(KNOWN.read_text().splitlines())}


def plain(name: str) -> str:
    """The name of a test, the same for each reactor."""
    name = name.removeprefix("twisted.internet.test.")
    return name.replace("_UVReactorTests", "").replace("_EPollReactorTests", "")


def run(reactor: str) -> dict[str, Any]:
    """Run them all: how many passed, were skipped, and the names of those that failed."""
    loader, known = TestLoader(), listed()
    tests = [test for case in cases(reactor).values() for test in loader.loadClass(case)]
    # What they leave behind would be held against those that come after them.
    tests.sort(key=lambda test: plain(test.id()) in known)
    result = TestResult()
    TestSuite(tests).run(result)
    failed = {plain(test.id()) for test, _ in [*result.failures, *result.errors]}
    return {
        "passed": result.successes,
        "skipped": len(result.skips),
        "failed": sorted(failed),
    }


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])), file=sys.__stdout__)
