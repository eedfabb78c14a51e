"""L{netsim.datanode.base}."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import ComponentConfig
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.base import DataNodeServer, sisock_to_unix_time
from netsim.datanode.model import REALM, uri
from netsim.datanode.model import Router as Place
from netsim.datanode.procedures import NODE_ERROR, QUERY_ERROR
from netsim.errors import DataFileError, QueryError
from tests.datanode.router import Router
from tests.replay.wire import Reactor

FIELDS = {"a": {"description": None, "timeline": "t", "type": "number", "units": "K"}}
TIMELINES = {"t": {"interval": 1.0, "field": ["a"]}}


def data(count: int = 10) -> dict[str, Any]:
    """What a node returns."""
    t = np.arange(1.0, count + 1)
    return {"data": {"a": t * 2}, "timeline": {"t": {"t": t, "finalized_until": None}}}


class Node(DataNodeServer):
    """Answers with what it was given."""

    name = "some"
    description = "of some kind"

    def __init__(self, config: Any = None) -> None:
        super().__init__(config or ComponentConfig(REALM, Place(secret="a secret")))
        self.asked: list[tuple[Any, ...]] = []
        self.events: list[str] = []
        self.answer: Any = data()

    def get_fields(self, start: float, end: float) -> Any:
        self.asked.append((start, end))
        return FIELDS, TIMELINES

    def get_data(self, field: Any, start: float, end: float, min_stride: Any = None) -> Any:
        self.asked.append((field, start, end, min_stride))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def after_onJoin(self, details: Any) -> None:
        self.events.append(f"after {details.session == self.session_id}")

    def added(self) -> None:
        self.events.append("added")


class Base(SynchronousTestCase):
    """A router with a hub, and a reactor for what threads have done."""

    def setUp(self) -> None:
        self.patch(os, "environ", {"HOME": self.mktemp()})
        self.reactor = Reactor()
        self.router = Router()
        self.hub = self.router.session()
        self.added: list[tuple[Any, ...]] = []
        self.hub.register(lambda *args: self.added.append(args) or True, uri("data_node.add"))
        self.caller = self.router.session()
        self.lines: list[str] = []

    def join(self, node: Any) -> Any:
        """Let a node join."""
        node.reactor = self.reactor
        with capturedLogs() as captured:
            self.router.join(node)
        self.lines += [formatEvent(event) or "" for event in captured]
        return node

    def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call a procedure of the node; wait for its threads."""
        results: list[Any] = []
        with capturedLogs() as captured:
            called = self.caller.call(uri(f"consumer.some.{procedure}"), *args, **kwargs)
            called.addBoth(results.append)
            self.reactor.until(lambda: results)
        self.lines += [formatEvent(event) or "" for event in captured]
        return results[0]

    def data(self, *args: Any, **kwargs: Any) -> Any:
        return self.call("get_data", *(args if args or kwargs else (["a"], 1, 0)), **kwargs)

    def error(self, result: Any) -> tuple[str, str]:
        """URI and text."""
        self.assertIsNotNone(result.check(ApplicationError), result)
        return result.value.error, result.value.args[0]


class TimeTests(SynchronousTestCase):
    """Times of queries."""

    def test_convert(self) -> None:
        """Positive: Unix seconds; else so many seconds before the present time."""
        self.assertEqual(1500000000.5, sisock_to_unix_time(1500000000.5))
        for ago in (0, 10):
            self.assertLess(abs(time.time() - ago - sisock_to_unix_time(-ago)), 5)


class JoinTests(Base):
    """A node joins."""

    def test_join(self) -> None:
        """It registers, is added, and then its own code is called."""
        node = self.join(Node())
        self.assertEqual([("some", "of some kind", node.session_id)], self.added)
        self.assertEqual(["added", "after True"], node.events)
        uris = {each.uri for each in self.router.registrations.values()}
        self.assertLess({uri("consumer.some.get_fields"), uri("consumer.some.get_data")}, uris)

    def test_no_hub(self) -> None:
        """Its own code is called all the same."""
        self.router.drop(self.hub)
        node = self.join(Node())
        self.assertEqual(["after True"], node.events)
        self.assertEqual(1, len(self.reactor.getDelayedCalls()))
        self.router.drop(node)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_again(self) -> None:
        """The same object joins again, as under autobahn's runner."""
        node = self.join(Node())
        self.router.drop(node)
        self.join(node)
        self.assertEqual(2, len(self.added))
        self.assertEqual(["added", "after True"] * 2, node.events)
        self.assertEqual([2.0], self.data()["data"]["a"][:1])

    def test_hub_again(self) -> None:
        """The hub starts again; after a goodbye nothing is tried any more."""
        node = self.join(Node())
        self.router.drop(self.hub)
        self.hub = self.router.session()
        self.hub.register(lambda *args: self.added.append(args) or True, uri("data_node.add"))
        self.assertEqual(2, len(self.added))
        self.assertEqual(["added", "after True", "added"], node.events)
        node.leave()
        self.router.drop(self.hub)
        self.router.publish("wamp.registration.on_create", 1, {"uri": uri("data_node.add")})
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_coroutine(self) -> None:
        """Its own code may be a coroutine."""
        done: list[Any] = []

        class Coroutine(Node):
            async def after_onJoin(self, details: Any) -> None:
                done.append(await self.call("wamp.session.count"))

        self.join(Coroutine())
        self.assertEqual([3], done)

    def test_no_name(self) -> None:
        """A node needs a name."""
        node = Node()
        node.name = None  # type: ignore
        self.join(node)
        self.assertIn("Node: Node has no name", self.lines)
        self.assertEqual([], self.added)

    def test_max_points(self) -> None:
        """MAX_POINTS has to be a number."""
        os.environ["MAX_POINTS"] = "many"
        self.join(Node())
        self.assertIn("MAX_POINTS: expected a whole number, 1 or more, not 'many'", self.lines[-1])


class AnswerTests(Base):
    """A node answers."""

    def setUp(self) -> None:
        super().setUp()
        self.node = self.join(Node())

    def test_fields(self) -> None:
        """Two dictionaries; times are passed on as they are."""
        self.assertEqual([FIELDS, TIMELINES], self.call("get_fields", 1, 0))
        self.assertEqual([(1, 0)], self.node.asked)
        self.call("get_fields", start=-10, end=0)
        self.assertEqual((-10, 0), self.node.asked[-1])

    def test_data(self) -> None:
        """All of it, of plain kinds."""
        reply = self.data(["a"], 1, 0, None)
        self.assertEqual([float(2 * t) for t in range(1, 11)], reply["data"]["a"])
        self.assertEqual([(["a"], 1, 0, None)], self.node.asked)
        self.assertEqual(reply, self.data(field=["a", "a"], start=1, end=0))
        self.assertEqual((["a"], 1, 0, None), self.node.asked[-1])

    def test_stride(self) -> None:
        """It is downsampled even if the node has not done it."""
        self.node.answer = data(1000)
        times = self.data(["a"], 1, 0, 50)["timeline"]["t"]["t"]
        self.assertEqual(50, self.node.asked[-1][3])
        self.assertLess(len(times), 25)

    def test_points(self) -> None:
        """The class, or the environment, tells how many points there may be."""
        self.node.answer = data(1000)
        self.assertEqual(1000, len(self.data()["data"]["a"]))
        os.environ["MAX_POINTS"] = "20"
        self.router.drop(self.node)
        self.join(self.node)
        self.assertLessEqual(len(self.data()["data"]["a"]), 20)
        self.node.max_points = 10
        self.router.drop(self.node)
        self.join(self.node)
        self.assertLessEqual(len(self.data()["data"]["a"]), 10)

    def test_allowance(self) -> None:
        """Too much is answered with False."""
        self.node.allowance = 100
        self.assertIs(False, self.data())

    def test_later(self) -> None:
        """It may take its time, and others do not wait."""
        self.node.answer = Deferred()
        results: list[Any] = []
        self.caller.call(uri("consumer.some.get_data"), ["a"], 1, 0).addCallback(results.append)
        slow, self.node.answer = self.node.answer, data()
        self.assertEqual(10, len(self.data()["data"]["a"]))
        self.assertEqual([], results)
        slow.callback(data(5))
        self.reactor.until(lambda: results)
        self.assertEqual(5, len(results[0]["data"]["a"]))

    def test_coroutine(self) -> None:
        """It may be a coroutine."""

        async def later() -> Any:
            return data(5)

        self.node.answer = later()
        self.assertEqual(5, len(self.data()["data"]["a"]))


class ErrorTests(Base):
    """A call fails, and says why."""

    def setUp(self) -> None:
        super().setUp()
        self.node = self.join(Node())

    def test_query(self) -> None:
        """The caller has asked for nonsense; the node's own code is not called."""
        for args, reason in {
            (("a",), 1, 0): "",
            ("a", 1, 0): "field: expected a list of names",
            (("a",), "x", 0): "start",
            (("a",), 1, None): "end",
            (("a",), 1, 0, -1): "min_stride",
            (("a",), 1): "missing a required argument: 'end'",
            (("a",), 1, 0, None, 5): "too many positional arguments",
        }.items():
            if reason:
                error, text = self.error(self.data(*args))
                self.assertEqual(QUERY_ERROR, error)
                self.assertIn(reason, text)
        error, text = self.error(self.call("get_fields", None, 1))
        self.assertEqual((QUERY_ERROR, True), (error, "start" in text))
        self.assertEqual([], self.node.asked)
        self.assertEqual("org.simonsobservatory.error.query", QUERY_ERROR)
        self.assertTrue(any("some: field: expected" in line for line in self.lines))

    def test_refused(self) -> None:
        """The node refuses."""
        self.node.answer = QueryError("no such field")
        self.assertEqual((QUERY_ERROR, "no such field"), self.error(self.data()))

    def test_explained(self) -> None:
        """The node cannot, and knows why: one line."""
        self.node.answer = DataFileError("file.dat: damaged")
        self.assertEqual((NODE_ERROR, "file.dat: damaged"), self.error(self.data()))
        self.assertEqual(
            ["some cannot answer: file.dat: damaged"],
            [line for line in self.lines if "damaged" in line],
        )

    def test_mistake(self) -> None:
        """The node's own code has a mistake: the caller does not wait for ever."""
        self.node.answer = ZeroDivisionError("by nothing")
        error, text = self.error(self.data())
        self.assertEqual(NODE_ERROR, error)
        self.assertEqual("a mistake in the code of the node: ZeroDivisionError: by nothing", text)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_own(self) -> None:
        """What is an error of WAMP stays what it is."""
        self.node.answer = ApplicationError("some.error", "a reason")
        self.assertEqual(("some.error", "a reason"), self.error(self.data()))

    def test_nonsense(self) -> None:
        """What it has returned is no answer."""
        self.node.answer = [1, 2, 3]
        error, text = self.error(self.data())
        self.assertEqual((NODE_ERROR, True), (error, "list" in text))

    def test_not_sendable(self) -> None:
        """What it has returned cannot be sent."""
        self.node.answer = {"data": {"a": object()}, "timeline": {}}
        with capturedLogs():
            result = self.data()
        self.assertIn("could not be serialized", result.getErrorMessage())

    def test_canceled(self) -> None:
        """Nobody waits for the answer any more: neither does the node, nor is it logged."""
        canceled: list[Any] = []
        self.node.answer = Deferred(canceled.append)
        called = self.caller.call(uri("consumer.some.get_data"), ["a"], 1, 0)
        with capturedLogs() as captured:
            called.cancel()
        self.failureResultOf(called)
        self.assertEqual(1, len(canceled))
        lines = [formatEvent(it) for it in captured if it["log_level"].name != "debug"]
        self.assertEqual([], lines)

    def test_gone(self) -> None:
        """The connection is lost before the answer is there."""
        self.node.answer = Deferred()
        self.caller.call(uri("consumer.some.get_data"), ["a"], 1, 0).addErrback(lambda f: None)
        with capturedLogs():
            self.router.drop(self.node)
        self.node.answer.errback(DataFileError("file.dat: damaged"))


class Blocking(DataNodeServer):
    """Has only methods that block."""

    name = "some"

    def __init__(self) -> None:
        super().__init__(ComponentConfig(REALM, Place(secret="a secret")))
        self.threads: list[threading.Thread] = []

    def _get_fields_blocking(self, start: float, end: float) -> Any:
        self.threads.append(threading.current_thread())
        return FIELDS, TIMELINES

    def _get_data_blocking(
        self, field: Any, start: float, end: float, min_stride: Any = None
    ) -> Any:
        self.threads.append(threading.current_thread())
        return data(1000)


class BlockingTests(Base):
    """A node that reads files."""

    def test_thread(self) -> None:
        """Both are called on one thread, that ends with the session."""
        node = self.join(Blocking())
        self.assertEqual([FIELDS, TIMELINES], self.call("get_fields", 1, 0))
        self.assertEqual(1000, len(self.data()["data"]["a"]))
        self.assertLess(len(self.data(["a"], 1, 0, 100)["data"]["a"]), 20)
        thread, *others = set(node.threads)
        self.assertEqual([], others)
        self.assertIsNot(threading.current_thread(), thread)
        self.assertTrue(thread.daemon)
        self.router.drop(node)
        thread.join(20)
        self.assertFalse(thread.is_alive())

    def test_neither(self) -> None:
        """A class that overrides nothing says so."""

        class Nothing(DataNodeServer):
            name = "some"

        self.join(Nothing(ComponentConfig(REALM, Place(secret="a secret"))))
        self.assertIn("Nothing has no get_data", self.error(self.data())[1])
        self.assertIn("Nothing has no get_fields", self.error(self.call("get_fields", 1, 0))[1])
        self.flushLoggedErrors(NotImplementedError)
