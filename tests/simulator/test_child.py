"""Tests for L{netsim.simulator.child}."""

from __future__ import annotations

import io
import os
import sys

from twisted.internet.interfaces import IReadDescriptor
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.simulator import child


class Readers:
    """The part of a reactor that watches descriptors."""

    def __init__(self) -> None:
        self.readers: set[object] = set()
        self.addReader = self.readers.add
        self.removeReader = self.readers.discard


class CommandTests(SynchronousTestCase):
    def test_command(self) -> None:
        """A copy is started as this process was, with words of its own."""
        for program, argv in (
            (["/usr/bin/netsim"], ["/usr/bin/netsim", "x", "y"]),
            (["-u", "-c", "code"], ["-c", "x", "y"]),
            (["-m", "netsim"], ["/there/netsim.py", "x", "y"]),
        ):
            self.patch(sys, "orig_argv", ["python", *program, "x", "y"])
            self.patch(sys, "argv", argv)
            self.assertEqual([sys.executable, *program, "z"], child.command(["z"]))

    def test_role(self) -> None:
        """A copy is told what it is; what it starts itself is not."""
        self.patch(os, "environ", child.environment(child.WATCHED))
        self.assertEqual(child.WATCHED, child.role())
        self.assertIsNone(child.role())


class StdinTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Readers()
        self.ended: list[int] = []
        self.stdin = child.StdinEnd(self.reactor, lambda: self.ended.append(1))

    def test_interface(self) -> None:
        """It is a descriptor for a reactor, and asks for itself to be watched."""
        verifyObject(IReadDescriptor, self.stdin)
        self.assertEqual((0, "stdin"), (self.stdin.fileno(), self.stdin.logPrefix()))
        self.assertEqual({self.stdin}, self.reactor.readers)

    def test_end(self) -> None:
        """What is there is passed over; the end is told, once."""
        reads = [b"words", b""]
        self.patch(os, "read", lambda number, size: reads.pop(0))
        self.stdin.doRead()
        self.assertEqual([], self.ended)
        self.stdin.doRead()
        self.assertEqual(([1], set()), (self.ended, self.reactor.readers))

    def test_hangup(self) -> None:
        """A reactor may tell the end of a pipe without a read."""
        self.stdin.connectionLost(None)
        self.assertEqual(([1], set()), (self.ended, self.reactor.readers))


class ReleaseTests(SynchronousTestCase):
    def test_release(self) -> None:
        """What is printed from now on goes where the log goes."""
        moved: list[tuple[int, int]] = []
        self.patch(os, "dup2", lambda one, other: moved.append((one, other)))
        for stream in (io.StringIO(), None):
            self.patch(sys, "__stdout__", stream)
            child.release_stdout()
        self.assertEqual([(2, 1), (2, 1)], moved)
