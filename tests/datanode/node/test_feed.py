"""Tests for L{netsim.datanode.node.feed}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import fail
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.datanode.interfaces import IListening, ISource
from netsim.datanode.model import NUMBER, STRING, Field
from netsim.datanode.node.feed import PAUSE, FeedSource
from netsim.datanode.node.memory import FIELDS
from netsim.datanode.node.ring import CHUNK
from tests.datanode.router import Router

TOPIC = "observatory.LSA22YE.feeds.temperatures"
NOW = 1_700_000_000.0


def event(times: list[float], **data: Any) -> Any:
    block = {"block_name": "temps", "timestamps": times, "data": data}
    return [{"temps": block}, {"agent_address": "observatory.LSA22YE"}]


class FeedSourceTests(SynchronousTestCase):
    """L{FeedSource}."""

    def setUp(self) -> None:
        self.now = NOW
        self.source = FeedSource(
            *("LSA22YE", "A Lakeshore", "LSA22YE", "temperatures"), lambda: self.now, 100.0
        )
        self.router = Router()

    def names(self) -> set[str]:
        return {field.name for field in self.source.fields(0, NOW * 2).fields}

    def values(self, name: str) -> list[Any]:
        blocks = self.source.blocks([name], 0, NOW * 2)
        return [list(zip(b.t.tolist(), b.columns[name].tolist(), strict=True)) for b in blocks]

    def test_interfaces(self) -> None:
        """It is a source that listens."""
        verifyObject(ISource, self.source)
        verifyObject(IListening, self.source)
        self.assertEqual(("LSA22YE", False), (self.source.name, self.source.blocking))

    def test_subscribed(self) -> None:
        """It keeps what is published, after it has joined for the second time, too."""
        session = self.router.session()
        self.successResultOf(self.source.joined(session))
        self.router.publish(TOPIC, event([NOW - 2], **{"Channel 1": [1.5]}))
        self.router.publish("observatory.LSA22YE.feeds.other", event([NOW - 2], other=[1]))
        self.router.drop(session)
        self.router.publish(TOPIC, event([NOW - 1], **{"Channel 1": [99]}))
        self.successResultOf(self.source.joined(self.router.session()))
        self.router.publish(TOPIC, event([NOW], **{"Channel 1": [2.5]}))
        self.assertEqual({"channel_1"}, self.names())
        self.assertEqual([[(NOW - 2, 1.5), (NOW, 2.5)]], self.values("channel_1"))

    def test_fields(self) -> None:
        """Each channel has a timeline of its own, and is told by its own name."""
        self.source.received(event([NOW - 4, NOW], **{"Channel 1": [1, 2], "State": ["a", "b"]}))
        catalogue = self.source.fields(NOW - 5, NOW + 1)
        one, state = "observatory.LSA22YE.channel_1", "observatory.LSA22YE.state"
        expected = (
            Field("channel_1", one, "Channel 1", NUMBER),
            Field("state", state, "State", STRING),
        )
        self.assertEqual(expected, catalogue.fields)
        self.assertEqual({one: 4.0, state: 4.0}, catalogue.intervals)

    def test_old(self) -> None:
        """What is older than it keeps is not told."""
        self.source.received(event([NOW - 50, NOW], a=[1, 2]))
        self.now += 60
        self.assertEqual([[(NOW, 2.0)]], self.values("a"))
        self.now += 60
        self.assertEqual(([], set()), (self.values("a"), self.names()))

    def test_forgotten(self) -> None:
        """What is too old is forgotten when something comes."""
        self.source.received(event([NOW] * CHUNK, a=[1.0] * CHUNK))
        self.now += 200
        self.source.received(None)
        self.assertEqual({}, self.source._memory._rings)

    def test_bad(self) -> None:
        """Bad events do no harm; they are counted, and told once in a while."""
        with capturedLogs() as logs:
            self.source.received()
            self.source.received("x", why="not")
            self.source.received(event([NOW], a=[1, 2], b=[3], c=[]))
            self.now += PAUSE
            self.source.received(None)
        texts = [formatEvent(log) for log in logs]
        self.assertEqual(2, len(texts))
        self.assertIn(f"{TOPIC}: an event is no pair", str(texts[0]))
        self.assertIn("; 1 such problems so far", str(texts[0]))
        self.assertIn("; 5 such problems so far", str(texts[1]))
        self.assertEqual({"b"}, self.names())

    def test_future(self) -> None:
        """A clock may be ahead by some hours, not by years."""
        self.source.received(event([NOW + 3600], a=[1]))
        self.source.received(event([NOW + 3e7], b=[1]))
        self.assertEqual({"a"}, self.names())

    def test_manyChannels(self) -> None:
        """There are only so many fields."""
        with capturedLogs() as logs:
            self.source.received(event([NOW], **{f"c{n}": [n] for n in range(FIELDS + 1)}))
        self.assertEqual(FIELDS, len(self.names()))
        self.assertIn("there are more than", str(formatEvent(logs[0])))

    def test_refused(self) -> None:
        """A router that does not allow it is told of."""

        class Session:
            def subscribe(self, handler: Any, topic: str) -> Any:
                return fail(Exception("not authorized"))

        with capturedLogs() as logs:
            self.successResultOf(self.source.joined(Session()))  # type: ignore[arg-type]
        self.assertEqual(f"cannot subscribe to {TOPIC}: not authorized", formatEvent(logs[0]))
