"""Tests for L{netsim.datanode.hub.leftovers}."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.leftovers import LOOK, WITHIN, end_leftovers, find_leftovers
from netsim.errors import HostError

CONTROLLER = ["crossbar-controller"]


class FakeProcess:
    """
    A process that may be ended, and takes its time for it.

    @ivar looks: how often it is seen after that.
    """

    def __init__(
        self, pid: int, cwd: Path, words: list[str], exe: str = "/usr/bin/python3.11"
    ) -> None:
        self.pid = pid
        self.place = cwd
        self.words = words
        self.program = exe
        self.looks = 1.0
        self.is_killed = False
        self.is_foreign = False

    def cwd(self) -> str:
        if self.is_foreign:
            raise psutil.AccessDenied(self.pid)
        if self.is_killed:
            raise psutil.ZombieProcess(self.pid)
        return str(self.place)

    def exe(self) -> str:
        return self.program

    def cmdline(self) -> list[str]:
        return self.words

    def kill(self) -> None:
        if self.is_foreign:
            raise psutil.AccessDenied(self.pid)
        self.is_killed = True

    def is_running(self) -> bool:
        self.looks -= self.is_killed
        return self.looks >= 0

    def status(self) -> str:
        return psutil.STATUS_RUNNING


class LeftoversTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(parents=True)
        self.processes: list[Any] = []
        self.patch(psutil, "process_iter", lambda: iter(self.processes))
        self.clock = Clock()

    def process(self, pid: int, words: list[str], **others: Any) -> FakeProcess:
        process = FakeProcess(pid, others.pop("cwd", self.directory), words, **others)
        self.processes.append(process)
        return process

    def found(self) -> list[int]:
        return [process.pid for process in find_leftovers(self.directory)]

    def ending(self) -> Deferred[bool]:
        return Deferred.fromCoroutine(end_leftovers(self.clock, self.directory))

    def test_found(self) -> None:
        """Also one that has not yet given itself a name; nobody else is."""
        starting = ["python", "/venv/bin/crossbar", "start", "--cbdir", "x"]
        for pid, words in enumerate((CONTROLLER, ["crossbar-worker [x]"], starting), 1):
            self.process(pid, words)
        self.process(4, CONTROLLER, cwd=self.directory.parent)
        self.process(5, ["vim", "crossbar.log"], exe="/usr/bin/vim")
        self.process(6, ["python", "x.py"])
        self.process(7, CONTROLLER).is_foreign = True
        self.process(os.getpid(), CONTROLLER)
        self.assertEqual(self.found(), [1, 2, 3])

    def test_link(self) -> None:
        """The directory may be told in other words."""
        self.process(1, CONTROLLER)
        link = Path(self.mktemp()).absolute()
        link.symlink_to(self.directory)
        self.assertEqual([process.pid for process in find_leftovers(link)], [1])

    def test_none(self) -> None:
        self.assertIs(self.successResultOf(self.ending()), False)

    def test_ended(self) -> None:
        """Their ports are free once they are really gone."""
        processes = [self.process(1, CONTROLLER), self.process(2, CONTROLLER)]
        ending = self.ending()
        self.assertTrue(all(process.is_killed for process in processes))
        self.assertNoResult(ending)
        self.clock.advance(LOOK)
        self.assertIs(self.successResultOf(ending), True)

    def test_zombies(self) -> None:
        """They have no ports, and may be there for ever."""
        process = self.process(1, CONTROLLER)
        process.looks = 1e9
        self.patch(process, "status", lambda: psutil.STATUS_ZOMBIE)
        self.successResultOf(self.ending())

    def test_gone_at_once(self) -> None:
        process = self.process(1, CONTROLLER)

        def gone() -> str:
            raise psutil.NoSuchProcess(1)

        self.patch(process, "status", gone)
        self.successResultOf(self.ending())

    def test_does_not_end(self) -> None:
        self.process(7, CONTROLLER).looks = 1e9
        ending = self.ending()
        self.clock.pump([LOOK] * int(WITHIN / LOOK + 2))
        failure = self.failureResultOf(ending, HostError)
        self.assertIn("does not end: process 7", failure.getErrorMessage())
