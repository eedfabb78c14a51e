"""Tests of L{netsim.datanode.grafana.nodes}."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.logger import Logger, LogPublisher, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana import nodes
from netsim.datanode.grafana.nodes import AGAIN, RETRY, Nodes
from netsim.datanode.model import uri
from tests.datanode.grafana.bridge import FakeHub
from tests.datanode.router import Router


class NodesTests(SynchronousTestCase):
    """What is known of the hub's list."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.router = Router()
        self.hub = FakeHub(self.router)
        self.changes: list[tuple[str, bool]] = []
        self.events: list[Any] = []
        log = Logger("test", observer=LogPublisher(self.events.append))
        self.nodes = Nodes(self.clock, log, lambda *change: self.changes.append(change))
        self.hub.nodes["a"] = "about a"

    def join(self) -> Any:
        """A session joins."""
        session = self.router.session()
        self.nodes.joined(session)
        return session

    @property
    def warnings(self) -> list[str]:
        """What is wrong."""
        return [formatEvent(e) for e in self.events if e["log_level"].name == "warn"]

    def test_before(self) -> None:
        """At first nothing is known."""
        self.assertEqual((self.nodes.session, self.nodes.is_known), (None, False))
        self.nodes.refresh()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_list(self) -> None:
        """When a session joins, the hub is asked."""
        session = self.join()
        self.assertIs(self.nodes.session, session)
        self.assertTrue(self.nodes.is_known)
        self.assertEqual(self.nodes.descriptions, {"a": "about a"})
        self.assertEqual(self.changes, [("a", True)])

    def test_events(self) -> None:
        """The hub tells what changes."""
        self.join()
        self.hub.add("b", "about b")
        self.assertEqual(self.nodes.descriptions, {"a": "about a", "b": "about b"})
        self.hub.add("b", "other")
        self.hub.subtract("a")
        self.assertEqual(self.nodes.descriptions, {"b": "other"})
        self.assertEqual(self.changes, [("a", True), ("b", True), ("b", True), ("a", False)])

    def test_oddEvents(self) -> None:
        """What is no event of the hub is passed over."""
        self.join()
        for topic in ("added", "subtracted"):
            for event in ((), (1,), ({},), ({"name": 3},), ({"name": ""},), ({"name": "z"}, 2)):
                self.router.publish(uri(f"consumer.data_node_{topic}"), *event)
        self.assertEqual(self.nodes.descriptions, {"a": "about a"})
        self.assertEqual(self.changes[1:], [("z", True), ("z", False)])

    def test_again(self) -> None:
        """The hub is asked again and again: it may have been away when something changed."""
        self.join()
        self.hub.nodes = {"b": "about b"}
        self.clock.advance(AGAIN - 0.1)
        self.assertEqual(self.nodes.descriptions, {"a": "about a"})
        self.clock.advance(0.1)
        self.assertEqual(self.nodes.descriptions, {"b": "about b"})
        self.assertEqual(self.changes[1:], [("a", False), ("b", True)])
        self.hub.nodes = {}
        self.clock.advance(AGAIN)
        self.assertEqual(self.nodes.descriptions, {})

    def test_noHub(self) -> None:
        """A hub that is not there is asked until it is; that is told once."""
        self.router.drop(self.hub.session)
        self.join()
        self.assertFalse(self.nodes.is_known)
        self.clock.pump([RETRY] * 3)
        self.assertEqual(len(self.warnings), 1)
        self.assertIn("the hub does not tell its nodes", self.warnings[0])
        self.hub = FakeHub(self.router)
        self.clock.advance(RETRY)
        self.assertTrue(self.nodes.is_known)

    def test_hubGoes(self) -> None:
        """What a hub has told stays when it goes, until there is another one."""
        self.join()
        self.router.drop(self.hub.session)
        self.clock.advance(AGAIN)
        self.assertEqual((self.nodes.is_known, self.nodes.descriptions), (True, {"a": "about a"}))

    def test_silent(self) -> None:
        """A hub that does not answer is asked again."""
        self.router.held = True
        session = self.router.session()
        self.router.flush()
        self.router.held = True
        self.nodes.joined(session)
        self.clock.advance(nodes.TIMEOUT)
        self.router.flush()
        self.assertFalse(self.nodes.is_known)
        self.clock.advance(RETRY)
        self.assertTrue(self.nodes.is_known)

    def test_oddList(self) -> None:
        """What is no list is none; entries that are none are left out."""
        answer: Any = {"a": 1}
        self.router.drop(self.hub.session)
        session = self.router.session()
        session.register(lambda: answer, uri("consumer.get_data_node"))
        self.join()
        self.assertFalse(self.nodes.is_known)
        answer = [{"name": "b"}, {"name": 1}, 3, {"name": "c", "description": None}]
        self.clock.advance(RETRY)
        self.assertEqual(self.nodes.descriptions, {"b": "", "c": ""})

    def test_limit(self) -> None:
        """There are not too many."""
        self.patch(nodes, "MAX_NODES", 3)
        self.hub.nodes = {str(i): "" for i in range(5)}
        self.join()
        self.hub.add("x")
        self.assertEqual(list(self.nodes.descriptions), ["0", "1", "2"])

    def test_left(self) -> None:
        """When the session is gone nobody is asked; with the next one all is asked anew."""
        session = self.join()
        self.router.drop(session)
        self.nodes.left("gone")
        self.assertEqual((self.nodes.session, self.nodes.is_known), (None, False))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.hub.nodes = {"b": ""}
        self.join()
        self.assertEqual(self.nodes.descriptions, {"b": ""})
        self.assertEqual(self.changes, [("a", True), ("a", False), ("b", True)])

    def test_leftMeanwhile(self) -> None:
        """An answer to a session that is gone does not count."""
        session = self.router.session()
        self.router.held = True
        self.nodes.joined(session)
        self.nodes.left("gone")
        self.router.flush()
        self.assertEqual((self.nodes.is_known, self.nodes.descriptions), (False, {}))
