"""L{netsim.datanode.entry}."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp.types import ComponentConfig
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.entry import ADD, Entry
from netsim.datanode.model import REALM
from tests.datanode.router import Router

FIELDS = "org.simonsobservatory.consumer.some.get_fields"
DATA = "org.simonsobservatory.consumer.some.get_data"


class Member(ApplicationSession):
    """A node."""

    name = "some"
    description = "of some kind"
    count = 0

    def added(self) -> None:
        self.count += 1


class Hub:
    """One that remembers who wanted to be added."""

    def __init__(self, router: Router, answer: Any = True) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answer = answer
        self.session = router.session()
        self.session.register(self.add, ADD)

    def add(self, *args: Any) -> Any:
        self.asked.append(args)
        return self.answer


class Base(SynchronousTestCase):
    """A router."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.router = Router()
        self.lines: list[str] = []

    def member(self) -> Member:
        member: Member = self.router.join(Member(ComponentConfig(REALM)))
        return member

    def enter(self, member: Member) -> Entry:
        """Try it."""
        procedures = {FIELDS: lambda *args: "fields", DATA: lambda *args: "data"}
        entry = Entry(self.clock, member, procedures, lambda: 0.0)
        self.log(lambda: self.successResultOf(ensureDeferred(entry.enter())))
        return entry

    def advance(self, seconds: float) -> None:
        self.log(self.clock.advance, seconds)

    def log(self, call: Any, *args: Any) -> None:
        """Remember what is logged."""
        with capturedLogs() as captured:
            call(*args)
        self.lines += [
            formatEvent(event)
            for event in captured
            if event["log_level"] >= LogLevel.info and event["log_namespace"].startswith("netsim")
        ]


class EntryTests(Base):
    """A node gets into the list."""

    def test_added(self) -> None:
        """Its procedures are there before the hub hears of it."""
        hub, member = Hub(self.router), self.member()
        self.enter(member)
        self.assertEqual([("some", "of some kind", member.session_id)], hub.asked)
        kinds = [it.procedure for name, it in self.router.heard if name in ("Register", "Call")]
        self.assertEqual([FIELDS, DATA, ADD], kinds[1:])
        self.assertEqual(1, member.count)
        self.assertEqual(["some is in the hub's list"], self.lines)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual("data", self.successResultOf(self.router.session().call(DATA)))

    def test_no_hub(self) -> None:
        """There is none yet: it is added as soon as one comes."""
        member = self.member()
        self.enter(member)
        self.assertEqual(0, member.count)
        self.advance(100)
        self.assertEqual(["some is not added: there is no hub at the router"], self.lines)
        self.log(Hub, self.router)
        self.assertEqual(1, member.count)
        self.assertEqual("some is in the hub's list", self.lines[-1])
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_hub_again(self) -> None:
        """The hub starts again: it is added again, and its procedures stay."""
        hub, member = Hub(self.router), self.member()
        self.enter(member)
        for count in (2, 3):
            self.router.drop(hub.session)
            hub = Hub(self.router)
            self.assertEqual(1, len(hub.asked))
            self.assertEqual(count, member.count)

    def test_other_procedure(self) -> None:
        """Others register something else."""
        hub, member = Hub(self.router), self.member()
        self.enter(member)
        hub.session.register(lambda: None, "something.else")
        self.router.publish("wamp.registration.on_create", 1)
        self.router.publish("wamp.registration.on_create", 1, None)
        self.assertEqual(1, len(hub.asked))

    def test_denied(self) -> None:
        """The hub does not want it, until it does."""
        hub, member = Hub(self.router, False), self.member()
        self.enter(member)
        for _ in range(20):
            self.advance(0.5)
        self.assertEqual(
            ["some is not added: the hub has a node called 'some' already"], self.lines
        )
        self.assertEqual(5, len(hub.asked), "after 0, 0.5, 1.5, 3.5, 7.5 s")
        hub.answer = True
        self.advance(5)
        self.assertEqual(1, member.count)

    def test_taken(self) -> None:
        """Another node has the name; when it leaves this one takes it over."""
        hub, first, second = Hub(self.router), self.member(), self.member()
        self.enter(first)
        self.enter(second)
        self.advance(60)
        self.assertEqual(1, len(hub.asked))
        text = "some is not added: there is a node called 'some' already"
        self.assertEqual(text, self.lines[-1])
        self.assertEqual(2, len(self.lines))
        self.router.drop(first)
        self.advance(5)
        self.assertEqual(1, second.count)
        self.assertEqual(second.session_id, hub.asked[-1][2])

    def test_hub_fails(self) -> None:
        """An error of the hub is told, and it is tried again."""
        hub, member = Hub(self.router), self.member()
        hub.answer = Deferred()
        entry = Entry(self.clock, member, {}, lambda: 0.0)
        entering = ensureDeferred(entry.enter())
        self.log(hub.answer.errback, ZeroDivisionError("by nothing"))
        self.flushLoggedErrors(ZeroDivisionError)
        self.successResultOf(entering)
        self.assertIn("some is not added: wamp.error.runtime_error: by nothing", self.lines)
        hub.answer = True
        self.advance(0.5)
        self.assertEqual(1, member.count)

    def test_hub_again_meanwhile(self) -> None:
        """It starts again while an answer is still to come: it is asked once more."""
        hub, member = Hub(self.router), self.member()
        hub.answer = Deferred()
        entering = ensureDeferred(Entry(self.clock, member, {}, lambda: 0.0).enter())
        self.router.publish("wamp.registration.on_create", 1, {"uri": ADD})
        self.assertEqual(1, len(hub.asked))
        answer, hub.answer = hub.answer, True
        self.log(answer.callback, True)
        self.successResultOf(entering)
        self.assertEqual(2, len(hub.asked))
        self.assertEqual(1, member.count)

    def test_backoff(self) -> None:
        """Delays begin anew after it was added."""
        hub, member = Hub(self.router, False), self.member()
        self.enter(member)
        self.advance(60)
        hub.answer = True
        self.advance(60)
        self.router.drop(hub.session)
        hub = Hub(self.router, False)
        self.assertEqual(1, len(hub.asked))
        self.advance(0.5)
        self.assertEqual(2, len(hub.asked))

    def test_no_events(self) -> None:
        """The router does not tell of new hubs: that is logged, and the node is added."""
        hub, member = Hub(self.router), self.member()
        self.router.denied.add("wamp.registration.on_create")
        self.enter(member)
        self.assertEqual(1, len(hub.asked))
        self.assertIn("some will not notice when its hub starts again: ", self.lines[0])


class EndTests(Base):
    """The session ends."""

    def test_stop(self) -> None:
        """Nothing is tried any more."""
        member = self.member()
        entry = self.enter(member)
        entry.stop()
        self.assertEqual([], self.clock.getDelayedCalls())
        hub = Hub(self.router)
        self.assertEqual([], hub.asked)

    def test_lost_meanwhile(self) -> None:
        """The connection is lost while an answer is still to come."""
        hub, member = Hub(self.router), self.member()
        hub.answer = Deferred()
        entry = Entry(self.clock, member, {}, lambda: 0.0)
        entering = ensureDeferred(entry.enter())
        entry.stop()
        self.log(self.router.drop, member)
        self.successResultOf(entering)
        self.assertEqual([], self.lines)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_lost_before(self) -> None:
        """The connection was lost before it began."""
        member = self.member()
        self.log(self.router.drop, member)
        self.enter(member)
        self.assertEqual([], self.lines)
        self.assertEqual([], self.clock.getDelayedCalls())
