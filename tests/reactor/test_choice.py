"""Tests for L{netsim.reactor.choice}; a process of its own for each reactor."""

from __future__ import annotations

import os
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

import netsim.reactor
from netsim.reactor.choice import VARIABLE, reactor_name

CHOOSE = """
import os, sys
from netsim.reactor import choice
choice.choose(eval(sys.argv[1]))
from twisted.internet import reactor
print(type(reactor).__name__, os.environ.get(choice.VARIABLE))
"""


class NameTests(SynchronousTestCase):
    def test_those_that_there_are(self) -> None:
        for name in ("asyncio", "epoll", "uv"):
            self.assertEqual(reactor_name(name), name)

    def test_another_one_is_told_which_there_are(self) -> None:
        error = self.assertRaises(ValueError, reactor_name, "libuv")
        self.assertIn("asyncio", str(error))
        self.assertIn("uv", str(error))

    def test_uv_needs_uvloop(self) -> None:
        """It says in one line how to get it; the others need nothing."""
        self.patch(netsim.reactor, "available", lambda: False)
        error = self.assertRaises(ValueError, reactor_name, "uv")
        self.assertEqual(str(error), "the reactor uv needs uvloop: pip install 'netsim[fast]'")
        self.assertEqual(reactor_name("epoll"), "epoll")


class ChooseTests(SynchronousTestCase):
    def choose(self, name: str | None, status: int = 0) -> str:
        """What came of a choice."""
        environment = {key: text for key, text in os.environ.items() if key != VARIABLE}
        done = subprocess.run(
            [sys.executable, "-c", CHOOSE, repr(name)],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
        )
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout or done.stderr

    def test_by_itself_it_is_uv(self) -> None:
        self.assertEqual(self.choose(None), "UVReactor None\n")

    def test_one_by_its_name(self) -> None:
        """Processes that this one starts find the name in their environment."""
        self.assertEqual(self.choose("epoll"), "EPollReactor epoll\n")
        self.assertEqual(self.choose("uv"), "UVReactor uv\n")

    def test_one_of_another_system(self) -> None:
        self.assertIn("ValueError: the reactor win32 cannot be had here", self.choose("win32", 1))
