"""L{netsim.datanode.sourcenode}."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import ComponentConfig
from twisted.internet.defer import Deferred, fail
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from netsim.datanode.interfaces import IListening, ISource
from netsim.datanode.model import ALLOWANCE, REALM, Block, Catalogue, Field, uri
from netsim.datanode.model import Router as Place
from netsim.datanode.procedures import NODE_ERROR, QUERY_ERROR
from netsim.datanode.sourcenode import Serving, SourceNode
from netsim.errors import DataFileError, LimitError
from tests.datanode.router import Router
from tests.replay.wire import Reactor

NOW = 1500000000.0


@implementer(ISource)
class Source:
    """A ramp of a sample each second."""

    name = "some"
    description = "of some kind"

    def __init__(self, blocking: bool = False) -> None:
        self.blocking = blocking
        self.asked: list[Any] = []
        self.threads: set[threading.Thread] = set()
        self.error: Exception | None = None

    def fields(self, start: float, end: float) -> Catalogue:
        self._ask(start, end)
        return Catalogue((Field("ramp", "t", "rising", units="m"),), {"t": 1.0})

    def blocks(self, names: Sequence[str], start: float, end: float) -> Sequence[Block]:
        self._ask(names, start, end)
        t = np.arange(start, end)
        return [Block("t", t, {name: t - start for name in names if name == "ramp"}, end)]

    def _ask(self, *args: Any) -> None:
        self.asked.append(args)
        self.threads.add(threading.current_thread())
        if self.error:
            raise self.error


@implementer(IListening)
class Listening(Source):
    """Uses the session."""

    result: Any = None

    def joined(self, session: Any) -> Any:
        self.asked.append(session)
        return self.result


class Base(SynchronousTestCase):
    """A node, a hub, and one who asks."""

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.router = Router()
        self.added: list[Any] = []
        self.hub = self.router.session()
        self.hub.register(lambda *args: True, uri("data_node.add"))

    def serve(self, source: Source, points: int | None = None, most: int = ALLOWANCE) -> SourceNode:
        """Let a node join."""
        serving = Serving(source, points, most, lambda: NOW)
        self.make = lambda: SourceNode(
            ComponentConfig(REALM, Place(secret="a secret")),
            serving,
            self.reactor,
            self.added.append,
        )
        node: SourceNode = self.router.join(self.make())
        return node

    def call(self, procedure: str, *args: Any) -> Any:
        """Ask, and wait for threads."""
        results: list[Any] = []
        called = self.router.session().call(uri(f"consumer.some.{procedure}"), *args)
        called.addBoth(results.append)
        self.reactor.until(lambda: results)
        return results[0]


class ServeTests(Base):
    """What a source has is served."""

    def test_join(self) -> None:
        """It has the name that its source has, and tells each time that it is added."""
        node = self.serve(Source())
        self.assertEqual(("some", "of some kind"), (node.name, node.description))
        self.assertEqual([node], self.added)

    def test_fields(self) -> None:
        """Times become Unix seconds."""
        for blocking in (False, True):
            source = Source(blocking)
            node = self.serve(source)
            fields, timelines = self.call("get_fields", 1, 0)
            described = {"description": "rising", "timeline": "t", "type": "number", "units": "m"}
            self.assertEqual({"ramp": described}, fields)
            self.assertEqual({"t": {"interval": 1.0, "field": ["ramp"]}}, timelines)
            self.call("get_fields", -10, -5)
            self.assertEqual([(1.0, NOW), (NOW - 10, NOW - 5)], source.asked)
            self.router.drop(node)

    def test_data(self) -> None:
        """So they do for data; a field that is not there is empty."""
        for blocking in (False, True):
            source = Source(blocking)
            node = self.serve(source)
            reply = self.call("get_data", ["ramp", "other", "ramp"], -3, 0)
            self.assertEqual({"ramp": [0.0, 1.0, 2.0], "other": []}, reply["data"])
            times = [NOW - 3, NOW - 2, NOW - 1]
            self.assertEqual({"t": {"t": times, "finalized_until": NOW}}, reply["timeline"])
            self.assertEqual([(["ramp", "other"], NOW - 3, NOW)], source.asked)
            self.router.drop(node)

    def test_threads(self) -> None:
        """A source that blocks is asked on one thread, also after it has joined anew."""
        source = Source(True)
        self.call_after = self.serve(source)
        self.call("get_data", ["ramp"], -3, 0)
        self.router.drop(self.call_after)
        self.router.join(self.make())
        self.call("get_fields", 1, 0)
        self.call("get_data", ["ramp"], -3, 0)
        self.assertEqual(1, len(source.threads))
        self.assertNotIn(threading.current_thread(), source.threads)

    def test_reactor(self) -> None:
        """One that does not is asked on the reactor."""
        source = Source()
        self.serve(source)
        self.call("get_data", ["ramp"], -3, 0)
        self.assertEqual({threading.current_thread()}, source.threads)


class LimitTests(Base):
    """Not too much is served."""

    def test_stride(self) -> None:
        """Samples are as far apart as the caller wants."""
        self.serve(Source())
        reply = self.call("get_data", ["ramp"], -1000, 0, 50)
        times = reply["timeline"]["t"]["t"]
        self.assertGreaterEqual(np.diff(times).min(), 50 - 1e-6)
        self.assertEqual([0.0, 999.0], [reply["data"]["ramp"][0], reply["data"]["ramp"][-1]])

    def test_points(self) -> None:
        """There are not more points than the node may give."""
        self.serve(Source(True), points=20)
        self.assertLessEqual(len(self.call("get_data", ["ramp"], -1000, 0)["data"]["ramp"]), 20)
        self.assertEqual(10, len(self.call("get_data", ["ramp"], -10, 0)["data"]["ramp"]))

    def test_allowance(self) -> None:
        """Too much is answered with False; downsampled it fits."""
        self.serve(Source(), most=10_000)
        self.assertIs(False, self.call("get_data", ["ramp"], -1000, 0))
        self.assertIsNot(False, self.call("get_data", ["ramp"], -1000, 0, 50))

    def test_memory(self) -> None:
        """So is what a source will not have in memory."""
        for blocking in (False, True):
            source = Source(blocking)
            self.serve(source)
            source.error = LimitError("too many samples")
            self.assertIs(False, self.call("get_data", ["ramp"], -1000, 0))


class ErrorTests(Base):
    """It cannot be served."""

    def error(self, *args: Any) -> tuple[str, str]:
        with capturedLogs():
            failure = self.call(*args)
        self.assertIsNotNone(failure.check(ApplicationError), failure)
        return failure.value.error, failure.value.args[0]

    def test_query(self) -> None:
        """The source is not asked nonsense."""
        source = Source()
        self.serve(source)
        for args in [
            ("get_fields", "x", 1),
            ("get_data", "ramp", 1, 0),
            ("get_data", ["ramp"], None, 0),
            ("get_data", ["ramp"], 1, 0, -1),
        ]:
            self.assertEqual(QUERY_ERROR, self.error(*args)[0])
        self.assertEqual([], source.asked)

    def test_failure(self) -> None:
        """The caller hears what the source has to say."""
        for blocking in (False, True):
            source = Source(blocking)
            source.error = DataFileError("a reason")
            node = self.serve(source)
            for args in (("get_fields", 1, 0), ("get_data", ["ramp"], 1, 0)):
                self.assertEqual((NODE_ERROR, "a reason"), self.error(*args))
            self.router.drop(node)


class ListenTests(Base):
    """A source uses the session."""

    def test_joined(self) -> None:
        """It is told of each session, also where there is no hub."""
        source = Listening()
        node = self.serve(source)
        self.assertEqual([node], source.asked)
        self.router.drop(self.hub)
        self.router.drop(node)
        again = self.router.join(self.make())
        self.assertEqual([node, again], source.asked)

    def test_waits_for_nobody(self) -> None:
        """That it takes its time does not matter."""
        source = Listening()
        source.result = Deferred()
        node = self.serve(source)
        self.assertEqual([node], self.added)

    def test_failure(self) -> None:
        """That it cannot is logged; the node is added all the same."""
        source = Listening()
        source.result = fail(ZeroDivisionError())
        with capturedLogs() as captured:
            node = self.serve(source)
        self.assertEqual([node], self.added)
        self.assertEqual(1, len([event for event in captured if "log_failure" in event]))
        self.flushLoggedErrors(ZeroDivisionError)
