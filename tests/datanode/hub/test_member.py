"""Tests for L{netsim.datanode.hub.member}, with a router in memory."""

from __future__ import annotations

from typing import Any

from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import member as module
from netsim.datanode.hub.member import Member
from netsim.datanode.model import uri
from netsim.errors import RouterError
from tests.datanode.router import Router


class MemberTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.router = Router()
        self.clock = Clock()
        self.member = Member(self.clock)
        self.logged: list[str] = []
        globalLogPublisher.addObserver(self.observe)
        self.addCleanup(globalLogPublisher.removeObserver, self.observe)

    def observe(self, event: Any) -> None:
        if event["log_namespace"].startswith("netsim"):
            self.logged.append(event["log_format"].format(**event))

    def join(self) -> Any:
        """The hub joins; its session."""
        session = self.router.session()
        self.successResultOf(self.joining(session))
        return session

    def joining(self, session: Any) -> Deferred[None]:
        return Deferred.fromCoroutine(self.member.join(session))

    def lose(self, session: Any) -> None:
        """The hub's connection is lost."""
        self.router.drop(session)
        self.member.left()

    def node(self, name: str) -> Any:
        """A session with what a node registers, which has told no hub yet."""
        node = self.router.session()
        for procedure in ("get_fields", "get_data"):
            self.successResultOf(node.register(lambda: None, uri(f"consumer.{name}.{procedure}")))
        return node

    def call(self, session: Any, procedure: str, *arguments: Any) -> Any:
        return self.successResultOf(session.call(uri(procedure), *arguments))

    def add(self, session: Any, name: str, description: Any = "") -> Any:
        return self.call(session, "data_node.add", name, description, session._session_id)

    def listing(self) -> dict[str, str]:
        listed = self.call(self.router.session(), "consumer.get_data_node")
        return {node["name"]: node["description"] for node in listed}


class NodesTests(MemberTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.hub = self.join()

    def test_comes_and_goes(self) -> None:
        """Events tell of it, with the one argument that consumers expect."""
        heard: list[Any] = []
        web = self.router.session()
        for what in ("data_node_added", "data_node_subtracted"):
            web.subscribe(lambda *arguments, what=what: heard.append((what, *arguments)),
                          uri(f"consumer.{what}"))  # fmt: skip
        node = self.router.session()
        self.assertIs(self.add(node, "one", "the first"), True)
        told = {"name": "one", "description": "the first"}
        self.assertEqual(self.call(web, "consumer.get_data_node"), [told])
        session = node._session_id
        self.assertIs(self.call(node, "data_node.subtract", "one", session + 1), False)
        self.assertIs(self.call(node, "data_node.subtract", "one", session), True)
        self.assertIs(self.call(node, "data_node.subtract", ["one"], session), False)
        self.add(node, "one", "the first")
        self.router.drop(node)
        added, subtracted = ("data_node_added", told), ("data_node_subtracted", told)
        self.assertEqual(heard, [added, subtracted, added, subtracted])
        self.assertEqual(self.listing(), {})
        self.assertEqual(self.logged[:2], ["node one added", "node one subtracted"])

    def test_duplicate(self) -> None:
        """It is denied, and told who has the name."""
        first, second = self.router.session(), self.router.session()
        self.add(first, "one")
        self.assertIs(self.add(second, "one"), False)
        self.assertIn(f"denied: session {first._session_id} has its name", self.logged[-1])
        self.router.drop(first)
        self.assertIs(self.add(second, "one"), True)

    def test_duplicate_of_the_dead(self) -> None:
        """A node whose end nobody has told gives way."""
        second = self.router.session()
        self.call(second, "data_node.add", "one", "", 99)
        self.assertIs(self.add(second, "one", "alive"), True)
        self.assertEqual(self.listing(), {"one": "alive"})

    def test_both_dead(self) -> None:
        """Who disputes a name of the dead, and dies meanwhile, does not get it."""
        second = self.router.session()
        self.call(second, "data_node.add", "one", "", 99)
        self.assertIs(self.call(second, "data_node.add", "one", "", 98), False)
        self.assertIn("it is gone", self.logged[-1])
        self.assertEqual(self.listing(), {})

    def test_refused(self) -> None:
        node = self.router.session()
        for name, session in (("a b", 1), ("", 1), (7, 1), (None, 1), ("a", None), ("a", True)):
            self.assertIs(self.call(node, "data_node.add", name, "", session), False)
            self.assertIn("is denied", self.logged[-1])
        self.assertEqual(self.listing(), {})
        with self.assertRaises(ApplicationError):
            self.failureResultOf(node.call(uri("data_node.add"), "a")).raiseException()

    def test_descriptions(self) -> None:
        """Whatever it is, consumers get a text."""
        node = self.router.session()
        for name, given in (("none", None), ("number", 7), ("long", "x" * 5000)):
            self.add(node, name, given)
        listed = self.listing()
        self.assertEqual((listed["none"], listed["number"]), ("", "7"))
        self.assertEqual(len(listed["long"]), 4096)

    def test_too_many(self) -> None:
        self.patch(module.Roster, "add", lambda roster, node: False)
        self.assertIs(self.add(self.router.session(), "one"), False)
        self.assertIn("there are too many", self.logged[-1])


class JoinTests(MemberTestCase):
    def test_rebuilt(self) -> None:
        """A hub that comes late lists those that are there."""
        node, other = self.node("one.part"), self.router.session()
        for procedure in ("consumer.x.get_fields", "other.y.get_data", "consumer.get_data"):
            other.register(lambda: None, uri(procedure))
        self.join()
        self.assertEqual(self.listing(), {"one.part": ""})
        self.assertIs(self.add(node, "one.part", "first"), True)
        self.assertEqual(self.listing(), {"one.part": "first"})
        self.router.drop(node)
        self.assertEqual(self.listing(), {})

    def test_rejoined(self) -> None:
        """It remembers what the nodes told, and tells who has gone."""
        hub = self.join()
        stays, goes = self.node("stays"), self.node("goes")
        self.add(stays, "stays", "here")
        self.add(goes, "goes")
        self.lose(hub)
        self.router.drop(goes)
        heard: list[str] = []
        web = self.router.session()
        web.subscribe(lambda node: heard.append(node["name"]),
                      uri("consumer.data_node_subtracted"))  # fmt: skip
        self.join()
        self.assertEqual(self.listing(), {"stays": "here"})
        self.assertEqual(heard, ["goes"])

    def test_meanwhile(self) -> None:
        """What happens while it asks who is there is newer than the answer."""
        kept, left, back = self.node("kept"), self.node("left"), self.node("back")
        present: Deferred[Any] = Deferred()
        real = module._present
        self.patch(module, "_present", lambda session: present)
        joining = self.joining(self.router.session())
        found = self.successResultOf(Deferred.fromCoroutine(real(self.router.session())))
        new = self.router.session()
        self.add(new, "new")
        self.add(kept, "kept", "told")
        self.add(left, "left")
        for node, name in ((back, "back"), (new, "old")):
            self.add(node, name)
            self.assertIs(self.call(node, "data_node.subtract", name, node._session_id), True)
        self.router.drop(left)
        self.assertNoResult(joining)
        present.callback(found)
        self.successResultOf(joining)
        self.assertEqual(self.listing(), {"kept": "told", "new": ""})

    def test_gone_while_asked(self) -> None:
        """A registration that is gone by now is none of a node."""
        self.node("one")
        session = self.router.session()
        call = session.call

        def fails(procedure: str, *arguments: Any) -> Any:
            if procedure == "wamp.registration.list_callees":
                return fail(ApplicationError("wamp.error.no_such_registration"))
            return call(procedure, *arguments)

        self.patch(session, "call", fails)
        self.successResultOf(self.joining(session))
        self.assertEqual(self.listing(), {})

    def test_other_hub(self) -> None:
        """It waits until the other one is gone, and says so once."""
        other = self.router.session()
        self.successResultOf(other.register(lambda: None, uri("data_node.add")))
        joining = self.joining(self.router.session())
        for _ in range(5):
            self.clock.advance(1)
        self.assertNoResult(joining)
        self.router.drop(other)
        self.clock.advance(1)
        self.successResultOf(joining)
        self.assertEqual(self.logged, ["another hub is at this router; waiting until it is gone"])

    def test_refused(self) -> None:
        """The router does not let it."""
        session = self.router.session()
        error = ApplicationError(ApplicationError.NOT_AUTHORIZED, "no register for you")
        self.patch(session, "register", lambda endpoint, procedure: fail(error))
        failure = self.failureResultOf(self.joining(session), RouterError)
        self.assertIn("no register for you", failure.getErrorMessage())

    def test_after_the_end(self) -> None:
        """Nobody is told anything when there is no session."""
        hub = self.join()
        node = self.router.session()
        self.add(node, "one")
        self.lose(hub)
        self.member.roster.leave(node._session_id)
        self.assertEqual(self.member.roster.listing(), [])
        self.assertIs(self.successResultOf(Deferred.fromCoroutine(self.member._is_alive(1))), True)
