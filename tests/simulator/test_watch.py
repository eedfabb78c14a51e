"""Tests for L{netsim.simulator.watch}, without processes."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from netsim import process
from netsim.simulator.child import WATCHED
from netsim.simulator.watch import INTERVAL, KILL_AFTER, Watch
from tests.simulator.modules import ModulesTestCase


class FakeChild:
    """A process, as its protocol sees it."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.told: list[str] = []
        protocol.transport = self

    def closeStdin(self) -> None:
        self.told.append("end")

    def signalProcess(self, name: str) -> None:
        self.told.append(name)

    def end(self, status: int = 0, signal: int | None = None) -> None:
        """It ends."""
        done = status == 0 and signal is None
        reason = ProcessDone(0) if done else ProcessTerminated(status or None, signal)
        self.protocol.processEnded(Failure(reason))


class Reactor(MemoryReactorClock):
    """Starts processes that are none."""

    def __init__(self) -> None:
        super().__init__()
        self.children: list[FakeChild] = []

    def callWhenRunning(self, call: Any, *args: Any) -> None:
        """It runs."""
        call(*args)

    def spawnProcess(
        self, protocol: Any, program: str, args: Any, env: Any, childFDs: Any
    ) -> FakeChild:
        assert (program, args) == ("program", ["program", "words"])
        assert env["NETSIM_SIMULATOR_CHILD"] == WATCHED
        assert childFDs == {0: "w", 1: 1, 2: 2}
        self.children.append(FakeChild(protocol))
        return self.children[-1]


class WatchTests(ModulesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(process.set_exit_status, None)
        self.statuses: list[int | None] = []
        self.patch(process, "set_exit_status", self.statuses.append)
        self.write("device.py")
        self.reactor = Reactor()
        self.watch = self.begin("device")

    def begin(self, *names: str) -> Watch:
        """Begin to watch."""
        watch = Watch(self.reactor, ["program", "words"], names, [self.directory])
        watch.startService()
        return watch

    def change(self, name: str = "device.py") -> None:
        """Change a file, and wait until that is seen."""
        file = self.write(name, (self.directory / name).read_text() + "#")
        os.utime(file, (1, 1))
        self.reactor.advance(INTERVAL)

    def test_change(self) -> None:
        """When the source changes, the child is told to end; then there is another one."""
        [child] = self.reactor.children
        self.reactor.advance(INTERVAL)
        self.assertEqual([], child.told)
        self.change()
        self.assertEqual((["end"], 1), (child.told, len(self.reactor.children)))
        child.end(1)
        self.assertEqual(2, len(self.reactor.children))
        self.assertEqual([], self.reactor.children[1].told)

    def test_twice(self) -> None:
        """A change while the child ends makes no third one."""
        [child] = self.reactor.children
        self.change()
        self.change()
        self.assertEqual(["end"], child.told)
        child.end()
        self.assertEqual(2, len(self.reactor.children))

    def test_hangs(self) -> None:
        """A child that does not end is killed."""
        [child] = self.reactor.children
        self.change()
        self.reactor.advance(KILL_AFTER)
        self.assertEqual(["end", "KILL"], child.told)
        child.end(signal=9)
        self.assertEqual(2, len(self.reactor.children))

    def test_fails(self) -> None:
        """After a child has failed, the next change starts another one."""
        self.reactor.children[0].end(1)
        self.reactor.advance(10)
        self.assertEqual((1, []), (len(self.reactor.children), self.statuses))
        self.change()
        self.assertEqual(2, len(self.reactor.children))

    def test_done(self) -> None:
        """When a child has ended well, there is nothing to watch."""
        self.reactor.children[0].end()
        self.assertTrue(self.reactor.hasStopped)

    def test_package(self) -> None:
        """All files of a package are watched, those that come and go among them."""
        self.write("pack/__init__.py")
        inner = self.write("pack/inner.py")
        self.begin("pack")
        for act in (
            lambda: self.change("pack/inner.py"),
            lambda: self.write("pack/new.py"),
            inner.unlink,
        ):
            child = self.reactor.children[-1]
            act()
            self.reactor.advance(INTERVAL)
            self.assertEqual(["end"], child.told)
            child.end(1)

    def test_all(self) -> None:
        """Without names, all are watched."""
        self.begin()
        [_, child] = self.reactor.children
        self.change()
        self.assertEqual(["end"], child.told)

    def test_unknown(self) -> None:
        """Where there is nothing to watch, a failure is the end."""
        self.begin("nothing")
        self.reactor.children[-1].end(1)
        self.assertEqual((True, [1]), (self.reactor.hasStopped, self.statuses))

    def test_stop(self) -> None:
        """When it stops, it waits for the child, and starts no other one."""
        [child] = self.reactor.children
        self.change()
        stopping = self.watch.stopService()
        assert isinstance(stopping, Deferred)
        self.assertNoResult(stopping)
        child.end()
        self.successResultOf(stopping)
        self.assertEqual(1, len(self.reactor.children))
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_stopWithout(self) -> None:
        """Without a child there is nothing to wait for."""
        self.reactor.children[0].end(1)
        self.successResultOf(self.watch.stopService())
