"""Twisted's own tests of reactors pass on uv, but for those that the documentation lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.python import log
from twisted.trial.unittest import SynchronousTestCase

from tests.reactor.suite import EPOLL, UV, listed

ROOT = Path(__file__).parents[2]
PATIENCE = 300
"""Seconds for all tests on one reactor."""


class SuiteTests(SynchronousTestCase):
    """In processes of their own: they change signals, and the reactor that there is."""

    def start(self, reactor: str) -> subprocess.Popen[str]:
        """Run the suite on this reactor, in a directory of its own."""
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.reactor.suite", reactor],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def result(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        """What has come of it."""
        output, _ = process.communicate(timeout=PATIENCE)
        result: dict[str, Any] = json.loads(output.splitlines()[-1])
        return result

    def test_suite(self) -> None:
        """What passes on epoll's passes here, but for what is listed; all that is listed fails."""
        running = [self.start(UV), self.start(EPOLL)]
        uv, epoll = [self.result(process) for process in running]
        for name, result in (("uv", uv), ("epoll", epoll)):
            log.msg(f"Twisted's suite on {name}: {result['passed']} passed")
        self.assertEqual(listed(), set(uv["failed"]) - set(epoll["failed"]))
