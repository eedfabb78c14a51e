"""Tests for L{netsim.datanode.node.sensors}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.datanode.interfaces import ISource
from netsim.datanode.node import sensors
from netsim.datanode.node.sensors import INTERVAL, ROWS, TIMELINE, SensorsSource
from netsim.datanode.node.sensorsoutput import Reading
from tests.datanode.node.children import Child, Children

OUTPUT = "chip\nCore 0:\n  temp1_input: {}\n"
NOW = 1_700_000_000.0


class FakeWorker:
    """Does things when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[Any]] = []
        self.is_stopped = False

    def submit(self, function: Any, *args: Any) -> Deferred[Any]:
        assert function is sensors.machine.readings
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def stop(self) -> None:
        self.is_stopped = True


class SensorsSourceTests(SynchronousTestCase):
    """L{SensorsSource}."""

    def setUp(self) -> None:
        self.reactor = Children()
        self.worker = FakeWorker()
        self.source = self.make("/usr/bin/sensors")

    def make(self, program: str | None) -> SensorsSource:
        worker: Any = self.worker
        now = lambda: NOW + self.reactor.seconds()  # noqa: E731
        return SensorsSource("sensors", "Temperatures", self.reactor, now, program, worker)

    @property
    def child(self) -> Child:
        return self.reactor.children[-1]

    def values(self, name: str) -> list[Any]:
        [block] = self.source.blocks([name], 0, NOW * 2)
        times = (block.t - NOW).tolist()
        return list(zip(times, block.columns[name].tolist(), strict=True))

    def stop(self) -> None:
        self.source.stopService()
        self.assertTrue(self.worker.is_stopped)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_interface(self) -> None:
        """It is a source."""
        verifyObject(ISource, self.source)
        self.assertEqual(("sensors", False), (self.source.name, self.source.blocking))

    def test_sensors(self) -> None:
        """It reads what sensors prints, again and again."""
        self.source.startService()
        for value in (40, 41.5):
            self.assertEqual(["/usr/bin/sensors", "-u"], self.child.words)
            self.child.end(OUTPUT.format(value))
            self.reactor.advance(INTERVAL)
        self.assertEqual([(0.0, 40.0), (INTERVAL, 41.5)], self.values("chip_Core 0"))
        [field] = self.source.fields(NOW, NOW + 10).fields
        self.assertEqual((TIMELINE, "°C"), (field.timeline, field.units))
        self.child.end("")
        self.stop()

    def test_last(self) -> None:
        """It keeps the last readings."""
        self.source = self.make(None)
        self.source.startService()
        for number in range(ROWS + 2):
            self.worker.waiting[-1].callback([Reading("a", float(number))])
            self.reactor.advance(INTERVAL)
        values = self.values("a")
        self.assertEqual((ROWS, 2.0), (len(values), values[0][1]))
        self.assertEqual({TIMELINE: INTERVAL}, self.source.fields(0, NOW * 2).intervals)

    def test_nothingFound(self) -> None:
        """Where sensors never tells anything, the system is asked, and that is said."""
        for end in ({"said": "No sensors found!", "status": 1}, {"printed": "\n"}):
            self.source = self.make("/usr/bin/sensors")
            self.source.startService()
            with capturedLogs() as logs:
                self.child.end(**end)  # type: ignore[arg-type]
            self.assertIn("; the system is asked instead", str(formatEvent(logs[0])))
            self.worker.waiting[-1].callback([Reading("load", 1.0)])
            started = len(self.reactor.children)
            self.reactor.advance(INTERVAL)
            self.assertEqual(started, len(self.reactor.children))
            self.worker.waiting[-1].callback([Reading("load", 2.0)])
            self.assertEqual([1.0, 2.0], [value for _, value in self.values("load")])
            self.stop()

    def test_trouble(self) -> None:
        """Where sensors fails after it had told something, it is asked again; that is said once."""
        self.source.startService()
        self.child.end(OUTPUT.format(40))
        with capturedLogs() as logs:
            for _ in range(2):
                self.reactor.advance(INTERVAL)
                self.child.end(said="bus error", status=1)
        self.assertEqual(["sensors has failed: bus error"], [formatEvent(log) for log in logs])
        self.reactor.advance(INTERVAL)
        self.child.end(OUTPUT.format(41))
        self.assertEqual([], self.worker.waiting)
        self.assertEqual([40.0, 41.0], [value for _, value in self.values("chip_Core 0")])

    def test_hanging(self) -> None:
        """There are never two at once, even if one cannot be killed."""
        self.source.startService()
        self.reactor.pump([INTERVAL] * 4)
        self.assertEqual((1, True), (len(self.reactor.children), self.child.is_killed))

    def test_systemFails(self) -> None:
        """A driver that fails is asked again."""
        self.source = self.make(None)
        self.source.startService()
        with capturedLogs() as logs:
            for _ in range(2):
                self.worker.waiting[-1].errback(ValueError("0x"))
                self.reactor.advance(INTERVAL)
        self.assertEqual(1, len(logs))
        self.assertIn("ValueError('0x')", str(formatEvent(logs[0])))
        self.worker.waiting[-1].callback([Reading("load", 2.0)])
        self.assertEqual([2.0], [value for _, value in self.values("load")])

    def test_stopped(self) -> None:
        """What ends after the service starts nothing new, and is not told."""
        self.source.startService()
        with capturedLogs() as logs:
            self.stop()
            self.assertTrue(self.child.is_killed)
            self.child.end()
            self.reactor.advance(INTERVAL * 2)
        self.assertEqual(([], []), (self.worker.waiting, list(logs)))
        self.assertEqual(1, len(self.reactor.children))

    def test_stoppedLate(self) -> None:
        """What the system still tells after that is not kept."""
        self.source = self.make(None)
        self.source.startService()
        self.stop()
        self.worker.waiting[-1].callback([Reading("load", 1.0)])
        self.assertEqual([], self.source.blocks(["load"], 0, NOW * 2))
