"""Tests for L{netsim.datanode.node.status}."""

from __future__ import annotations

import json
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, execute, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseNeverReceived
from zope.interface.verify import verifyObject

from netsim.datanode.interfaces import ISource
from netsim.datanode.node import status
from netsim.datanode.node.memory import FIELDS
from netsim.datanode.node.ring import CHUNK
from netsim.datanode.node.status import PROJECTS, StatusSource
from netsim.errors import PeerError

NOW = 1_700_000_000.0


class FakeDaemon:
    """
    A status daemon, as L{StatusSource} asks it.

    @ivar kept: by project, its statuses and when they came.
    @ivar asked: the histories that were asked for.
    @ivar error: why it does not answer.
    @ivar held: fires when it answers, where it is slow.
    """

    def __init__(self) -> None:
        self.kept: dict[str, list[tuple[float, Any]]] = {}
        self.synced: dict[str, float | None] = {}
        self.asked: list[tuple[str, float]] = []
        self.error: Exception | None = None
        self.broken: set[str] = set()
        self.is_slow = self.is_closed = False
        self.held: Deferred[None] | None = None

    def sync(self, name: str, time: float, **told: Any) -> None:
        """A program tells its status."""
        self.kept.setdefault(name, []).append((time, told))
        self.synced[name] = time

    async def projects(self) -> bytes:
        if self.is_slow:
            self.held = Deferred()
            await self.held
        if self.error is not None:
            raise self.error
        entries = [{"name": name, "synced": time} for name, time in self.synced.items()]
        return json.dumps({"projects": entries}).encode()

    async def history(self, project: str, since: float) -> bytes:
        self.asked.append((project, since))
        if project in self.broken:
            raise PeerError("it answers 500")
        kept = [{"time": t, "status": s} for t, s in self.kept.get(project, []) if t >= since]
        return json.dumps({"entries": kept}).encode()

    def close(self) -> Deferred[None]:
        self.is_closed = True
        return succeed(None)


class FakeWorker:
    """Does it at once."""

    is_stopped = False

    def submit(self, function: Any, *args: Any) -> Deferred[Any]:
        return execute(function, *args)

    def stop(self) -> None:
        self.is_stopped = True


class StatusSourceTests(SynchronousTestCase):
    """L{StatusSource}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.daemon = FakeDaemon()
        self.worker = FakeWorker()
        self.frontends: dict[str, Service] = {}
        self.source = self.make()

    def make(self, **options: Any) -> StatusSource:
        api: Any = self.daemon
        worker: Any = self.worker
        source = StatusSource(
            *("status", "What programs tell", self.clock, api, self.join, worker),
            *(lambda: NOW + self.clock.seconds(),),
            **{"keep": 100.0, **options},
        )
        return source

    def join(self, project: str) -> Service:
        self.assertFalse(project in self.frontends and self.frontends[project].running)
        self.frontends[project] = Service()
        return self.frontends[project]

    def joined(self) -> set[str]:
        return {name for name, frontend in self.frontends.items() if frontend.running}

    def start(self) -> None:
        self.source.startService()

    def wait(self) -> None:
        self.clock.advance(1)

    def values(self, name: str) -> list[Any]:
        blocks = self.source.blocks([name], 0, NOW * 2)
        return [
            (time - NOW, value)
            for block in blocks
            for time, value in zip(block.t.tolist(), block.columns[name].tolist(), strict=True)
        ]

    def logged(self, logs: Any) -> list[str]:
        return [str(formatEvent(log)) for log in logs if log["log_level"].name != "debug"]

    def test_interface(self) -> None:
        """It is a source."""
        verifyObject(ISource, self.source)
        self.assertEqual(("status", False), (self.source.name, self.source.blocking))

    def test_values(self) -> None:
        """What programs tell is served, each project on a timeline of its own."""
        self.daemon.sync("a", NOW, loss=1.5, on=True, mode="fast")
        self.daemon.sync("b", NOW, n={"m": 3})
        self.start()
        self.daemon.sync("a", NOW + 0.5, loss=1.0, on=False, mode="slow")
        self.wait()
        self.assertEqual([(0.0, 1.5), (0.5, 1.0)], self.values("a.loss"))
        self.assertEqual([(0.0, 3.0)], self.values("b.n.m"))
        self.assertEqual([(0.0, True), (0.5, False)], self.values("a.on"))
        catalogue = self.source.fields(NOW - 1, NOW + 1)
        kinds = {(field.name, field.timeline, field.type) for field in catalogue.fields}
        expected = {
            ("a.loss", "a", "number"), ("a.on", "a", "bool"), ("a.mode", "a", "string"),
            ("b.n.m", "b", "number"),
        }  # fmt: skip
        self.assertEqual(expected, kinds)
        self.assertEqual({"a": 0.5, "b": None}, catalogue.intervals)

    def test_history(self) -> None:
        """It begins with what the daemon has kept, even of programs that are gone."""
        for number in range(200):
            self.daemon.sync("a", NOW - number, x=number)
        self.daemon.kept["a"].reverse()
        self.daemon.synced["a"] = None
        self.start()
        self.assertEqual(100, len(self.values("a.x")))
        self.assertEqual([("a", NOW - 100)], self.daemon.asked)

    def test_onlyNew(self) -> None:
        """It asks only for what is new, and only where something is."""
        self.daemon.sync("a", NOW - 5, x=1)
        self.daemon.sync("b", NOW - 4, x=2)
        self.start()
        self.wait()
        self.daemon.sync("a", NOW + 1, x=3)
        self.wait()
        expected = [("a", NOW - 100), ("b", NOW - 100), ("a", NOW - 5)]
        self.assertEqual(expected, self.daemon.asked)
        self.assertEqual([(-5.0, 1.0), (1.0, 3.0)], self.values("a.x"))

    def test_joined(self) -> None:
        """It joins projects as they come, and leaves them as they go."""
        self.start()
        self.assertEqual(set(), self.joined())
        self.daemon.sync("a", NOW, x=1)
        self.daemon.sync("b", NOW, x=1)
        self.wait()
        self.assertEqual({"a", "b"}, self.joined())
        del self.daemon.synced["a"]
        self.wait()
        self.assertEqual({"b"}, self.joined())
        self.assertEqual([(0.0, 1.0)], self.values("a.x"))
        self.daemon.synced["a"] = NOW + 2
        self.wait()
        self.assertEqual({"a", "b"}, self.joined())
        self.assertEqual([(0.0, 1.0)], self.values("a.x"))

    def test_patterns(self) -> None:
        """Some projects can be chosen."""
        self.source = self.make(patterns=["a*", "b"])
        for name in ("a1", "a2", "b", "b2", "A"):
            self.daemon.sync(name, NOW, x=1)
        self.start()
        self.assertEqual({"a1", "a2", "b"}, self.joined())
        self.assertEqual([], self.values("b2.x"))

    def test_lost(self) -> None:
        """A daemon that is away is asked until it is back; that is said once."""
        self.daemon.sync("a", NOW, x=1)
        self.start()
        for error, reason in (
            (ConnectionRefusedError(), "Connection was refused by other side."),
            (ResponseNeverReceived([Failure(ValueError("gone"))]), "gone"),
            (PeerError("it answers 401"), "it answers 401"),
            (KeyError(), "KeyError"),
        ):
            with capturedLogs() as logs:
                self.daemon.error = error
                self.wait()
                self.wait()
                self.daemon.error = None
                self.wait()
            expected = [
                f"the status daemon cannot be asked: {reason}",
                "the status daemon can be asked again",
            ]
            self.assertEqual(expected, self.logged(logs))
        self.daemon.sync("a", NOW + 20, x=2)
        self.wait()
        self.assertEqual([(0.0, 1.0), (20.0, 2.0)], self.values("a.x"))
        self.assertEqual({"a"}, self.joined())

    def test_oneBroken(self) -> None:
        """A project that cannot be read does not stand in the way of others."""
        self.daemon.broken.add("a")
        self.daemon.sync("a", NOW, x=1)
        self.daemon.sync("b", NOW, x=1)
        with capturedLogs() as logs:
            self.start()
            self.wait()
        self.assertEqual(["the status of 'a' cannot be read: it answers 500"], self.logged(logs))
        self.assertEqual([(0.0, 1.0)], self.values("b.x"))
        self.daemon.broken.clear()
        self.wait()
        self.assertEqual([(0.0, 1.0)], self.values("a.x"))

    def test_tooMany(self) -> None:
        """There are bounds, and they are told."""
        self.patch(status, "PROJECTS", 2)
        for name in "abc":
            self.daemon.sync(name, NOW, **{f"x{n}": n for n in range(1500)})
        with capturedLogs() as logs:
            self.start()
            self.wait()
        texts = self.logged(logs)
        self.assertEqual(2, len(texts))
        self.assertIn("more than 2 projects", texts[0])
        self.assertIn(f"more than {FIELDS} values", texts[1])
        self.assertEqual({"a", "b"}, self.joined())
        self.assertLess(PROJECTS, 1000)

    def test_slow(self) -> None:
        """A daemon that takes its time is asked one thing at a time."""
        self.daemon.is_slow = True
        self.start()
        self.daemon.is_slow = False
        self.daemon.sync("a", NOW, x=1)
        self.clock.pump([1] * 5)
        self.assertEqual([], self.daemon.asked)

    def test_stopped(self) -> None:
        """It stops while it asks, and leaves all projects."""
        self.daemon.sync("a", NOW, x=1)
        self.start()
        self.daemon.is_slow = True
        self.daemon.sync("a", NOW + 1, x=1)
        self.wait()
        with capturedLogs() as logs:
            self.successResultOf(self.source.stopService())
            assert self.daemon.held is not None
            self.daemon.held.callback(None)
        self.assertEqual([], self.logged(logs))
        self.assertEqual(1, len(self.daemon.asked))
        self.assertTrue(self.daemon.is_closed and self.worker.is_stopped)
        self.assertEqual((set(), []), (self.joined(), self.clock.getDelayedCalls()))

    def test_bounded(self) -> None:
        """What it knows of projects is forgotten with their samples."""
        for _ in range(CHUNK):
            self.daemon.sync("a", NOW, x=1)
        self.start()
        del self.daemon.synced["a"]
        self.wait()
        self.assertIn("a", self.source._latest)
        self.clock.advance(120)
        self.assertEqual(({}, {}), (self.source._latest, self.source._synced))
        self.assertEqual({}, self.source._memory._rings)
