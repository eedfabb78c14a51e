"""L{netsim.datanode.link}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp.exception import ApplicationError, SerializationError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.link import Link, tcp
from netsim.datanode.model import Router as Place
from netsim.errors import HostError
from tests.datanode.router import Router
from tests.datanode.sockets import URL, Network, Rude

SERVER = Place(URL, "server", "a secret")


class Base(SynchronousTestCase):
    """A link, and a router."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.router = Router()
        self.network = Network(self.clock, self.router)
        self.told: list[Any] = []
        self.lines: list[str] = []
        self.links: list[Link] = []

    def tearDown(self) -> None:
        for link in self.links:
            if link.running:
                self.stop(link)
        self.assertEqual([], self.clock.getDelayedCalls())

    def link(self, place: Place = SERVER, **more: Any) -> Link:
        """Start one."""
        link = Link(
            self.clock,
            place,
            joined=lambda session: self.told.append("joined"),
            left=lambda reason: self.told.append(reason),
            random=lambda: 0.0,
            endpoint=self.network.endpoint,
            **more,
        )
        self.links.append(link)
        self.log(link.startService)
        self.advance()
        return link

    def advance(self, seconds: float = 0) -> None:
        """Let time pass."""
        self.log(self.network.advance, seconds)

    def log(self, call: Any, *args: Any) -> None:
        """Remember what is logged for the user."""
        with capturedLogs() as captured:
            call(*args)
        self.lines += [
            formatEvent(event) for event in captured if event["log_level"] >= LogLevel.info
        ]

    def stop(self, link: Link) -> None:
        stopped = link.stopService()
        self.advance()
        self.successResultOf(stopped)


class JoinTests(Base):
    """A session joins."""

    def test_join(self) -> None:
        """It is there for all who wait for it, and logged."""
        link = Link(self.clock, SERVER, endpoint=self.network.endpoint)
        early = link.when_joined()
        self.links.append(link)
        self.assertNoResult(early)
        self.assertIsNone(link.session)
        self.log(link.startService)
        self.advance()
        self.assertEqual("server", link.session.authid)
        self.assertIs(link.session, self.successResultOf(early))
        self.assertIs(link.session, self.successResultOf(link.when_joined()))
        self.assertEqual([f"joined test_realm at {URL}"], self.lines)

    def test_make(self) -> None:
        """A session of any kind is made with the router as its extra, anew for each attempt."""
        made = []

        class Session(ApplicationSession):
            def __init__(self, config: Any) -> None:
                made.append(config)
                super().__init__(config)

        place = Place(URL, None)
        link = self.link(place, make=Session)
        self.assertIsInstance(link.session, Session)
        self.network.lose()
        self.advance(0.5)
        self.assertEqual([("test_realm", place)] * 2, [(it.realm, it.extra) for it in made])

    def test_works(self) -> None:
        """Calls go through, both ways, and errors come back."""
        first, second = self.link(), self.link()

        def fail() -> None:
            raise ApplicationError("some.error", "a reason")

        first.session.register(lambda a, b: a + b, "some.sum")
        first.session.register(fail, "some.failure")
        self.advance()
        called = second.session.call("some.sum", 3, 4)
        failed = second.session.call("some.failure")
        self.advance()
        self.assertEqual(7, self.successResultOf(called))
        self.assertEqual("some.error", self.failureResultOf(failed).value.error)

    def test_keys(self) -> None:
        """What other kinds of clients may send does not end the session."""
        link = self.link()
        events: list[Any] = []
        link.session.subscribe(events.append, "some.topic")
        self.advance()
        self.router.publish("some.topic", {1: "one"})
        self.advance()
        self.assertEqual([{1: "one"}], events)

    def test_large(self) -> None:
        """An answer that cannot be sent becomes an error, and the session stays."""
        first, second = self.link(), self.link()
        first.session.register(lambda: "x" * 2000, "some.text")
        first.session.register(lambda: object(), "some.object")
        self.advance()
        first.session.transport.maxMessagePayloadSize = 1000
        for procedure in ("some.text", "some.object"):
            called = second.session.call(procedure)
            self.advance()
            error = self.failureResultOf(called, SerializationError).value
            self.assertLess(len(str(error)), 1000)
        self.assertIn("an answer cannot be sent", self.lines[-1])
        self.assertEqual(["joined", "joined"], self.told)


class TroubleTests(Base):
    """It does not join, and says why."""

    def assertTrouble(self, *parts: str) -> None:
        """There is one line, and these parts are in it."""
        self.assertEqual(1, len(self.lines), self.lines)
        for part in (*parts, "; trying until it lets us join"):
            self.assertIn(part, self.lines[0])
        self.assertEqual([], self.told)

    def test_nobody(self) -> None:
        """Nobody listens: it tries again, ever more seldom, and says it once."""
        self.network.serve = None
        self.link()
        for _ in range(60):
            self.advance(0.5)
        times = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 25.5]
        self.assertEqual(times, self.network.attempts)
        self.assertTrouble(f"the router at {URL} cannot be reached: Connection was refused")

    def test_secret(self) -> None:
        """The secret is wrong; once it is right it joins."""
        link = self.link(Place(URL, "server", "a wrong one"))
        for _ in range(8):
            self.advance(0.5)
        self.assertTrouble("refuses server: signature is invalid (wamp.error.auth")
        self.assertNotIn("a wrong one", "".join(self.lines))
        self.assertEqual(4, len(self.network.attempts))
        self.router.users["server"] = "a wrong one"
        self.advance(4)
        self.assertIsNotNone(link.session)

    def test_realm(self) -> None:
        """There is no such realm."""
        self.link(Place(URL, "server", "a secret", realm="another"))
        self.assertTrouble("refuses server: no realm another exists (wamp.error.no_such_realm)")

    def test_anonymous(self) -> None:
        """It wants to know who we are."""
        self.router.anonymous = False
        self.link(Place(URL, None))
        self.assertTrouble("refuses anonymous users", "wamp.error.no_auth_method")

    def test_no_websocket(self) -> None:
        """It is something else."""
        self.network.serve = Rude
        self.link()
        self.assertTrouble("has no WebSocket: WebSocket connection upgrade failed [404]")

    def test_slow(self) -> None:
        """It takes the connection, and no more."""
        self.network.serve = lambda: Rude(b"", False)
        self.link()
        self.advance(9)
        self.assertEqual([], self.lines)
        self.advance(1)
        self.assertTrouble("did not let us join within 10 seconds")
        self.network.serve = self.network.websocket
        self.advance(0.5)
        self.assertEqual(["joined"], self.told)

    def test_unreachable(self) -> None:
        """It does not even take the connection."""
        canceled: list[Any] = []

        class Endpoint:
            def connect(self, factory: Any) -> Deferred[Any]:
                return Deferred(canceled.append)

        self.network.endpoint = lambda reactor, place: Endpoint()  # type: ignore
        self.link()
        self.advance(10)
        self.assertEqual(1, len(canceled))
        self.assertEqual(1, len(self.lines))

    def test_certificate(self) -> None:
        """Our own file cannot be read."""

        def endpoint(reactor: Any, place: Place) -> Any:
            raise HostError("cert.pem: No such file")

        self.network.endpoint = endpoint  # type: ignore
        self.link()
        self.assertTrouble("cannot be reached: cert.pem: No such file")

    def test_change(self) -> None:
        """Each change of trouble is told."""
        self.network.serve = None
        self.link()
        self.advance(0.5)
        self.network.serve = Rude
        self.advance(1)
        self.network.serve = None
        self.advance(2)
        self.assertEqual(3, len(self.lines))

    def test_change_after_refusal(self) -> None:
        """What the router has said once is not said again for it."""
        self.link(Place(URL, "server", "a wrong one"))
        self.network.serve = Rude
        self.advance(0.5)
        self.assertIn("has no WebSocket", self.lines[-1])

    def test_make(self) -> None:
        """A session that cannot be made is a mistake in the code, and told as such."""

        def make(config: Any) -> Any:
            raise ZeroDivisionError("not this one")

        self.link(make=make)
        self.assertIn("not this one", self.lines[0])
        self.assertIn("trying until", self.lines[-1])

    def test_callbacks(self) -> None:
        """So is one in what is told; the link is kept all the same."""

        def fail(what: Any) -> None:
            raise ZeroDivisionError

        link = Link(
            *(self.clock, SERVER),
            joined=fail,
            left=fail,
            random=lambda: 0.0,
            endpoint=self.network.endpoint,
        )
        self.links.append(link)
        waiting = link.when_joined()
        self.log(link.startService)
        self.advance()
        self.successResultOf(waiting)
        self.log(self.network.lose)
        self.advance(0.5)
        self.assertIsNotNone(link.session)
        self.stop(link)
        self.assertEqual(4, len(self.flushLoggedErrors(ZeroDivisionError)))


class LossTests(Base):
    """It comes back."""

    def test_lost(self) -> None:
        """The connection breaks: it is told why, and another session joins."""
        link = self.link()
        first = link.session
        self.lines.clear()
        self.log(self.network.lose)
        self.assertIsNone(link.session)
        self.assertEqual(["joined", "is lost: peer dropped"], [it[:21] for it in self.told])
        self.assertEqual(1, len(self.lines))
        self.advance(0.5)
        self.assertIsNotNone(link.session)
        self.assertIsNot(first, link.session)
        self.assertEqual(3, len(self.told))

    def test_calls(self) -> None:
        """Calls that are under way fail."""
        first, second = self.link(), self.link()
        first.session.register(lambda: Deferred(), "some.procedure")
        self.advance()
        errors: list[Any] = []
        second.session.call("some.procedure").addErrback(errors.append)
        self.advance()
        self.assertEqual([], errors)
        self.log(self.network.lose)
        self.assertIsNotNone(errors[0].check(ApplicationError))

    def test_goodbye(self) -> None:
        """The router says goodbye."""
        link = self.link()
        self.router.say_goodbye("wamp.close.system_shutdown")
        self.advance()
        self.assertIsNone(link.session)
        self.assertIn("has ended the session", self.told[1])
        self.assertIn("(wamp.close.system_shutdown)", self.told[1])
        self.advance(0.5)
        self.assertIsNotNone(link.session)

    def test_silent(self) -> None:
        """The router does not answer pings any more, as one that was stopped."""
        link = self.link()
        self.network.connections[-1].silent = True
        for _ in range(14):
            self.advance(1)
        self.assertIsNotNone(link.session)
        self.advance(1)
        self.assertIsNone(link.session)
        self.assertIn("ping timeout", self.told[-1])

    def test_pings(self) -> None:
        """One that answers keeps the session."""
        link = self.link()
        for _ in range(100):
            self.advance(1)
        self.assertIsNotNone(link.session)
        self.assertEqual(["joined"], self.told)

    def test_backoff(self) -> None:
        """Delays begin anew after a session that has held, and only then."""
        link = self.link()
        for held, delay in [(9, 0.5), (9, 1), (11, 0.5)]:
            self.advance(held)
            self.network.lose()
            attempts = len(self.network.attempts)
            self.advance(delay - 0.1)
            self.assertEqual(attempts, len(self.network.attempts))
            self.advance(0.1)
            self.assertIsNotNone(link.session)


class StopTests(Base):
    """It stops, whatever happens."""

    def test_joined(self) -> None:
        """The session leaves, and does not come back."""
        link = self.link()
        self.stop(link)
        self.assertIn("Goodbye", [name for name, _ in self.router.heard])
        self.assertEqual({}, self.router.peers)
        self.advance(60)
        self.assertEqual(1, len(self.network.attempts))
        self.assertIsNone(link.session)
        self.assertEqual(1, len(self.lines))

    def test_again(self) -> None:
        """It can be started again."""
        link = self.link()
        self.stop(link)
        link.startService()
        self.advance()
        self.assertIsNotNone(link.session)

    def test_silent(self) -> None:
        """A router that does not answer is not waited for."""
        link = self.link()
        self.network.connections[-1].silent = True
        stopped = link.stopService()
        self.advance(0.6)
        self.assertNoResult(stopped)
        self.advance(0.1)
        self.successResultOf(stopped)

    def test_waiting(self) -> None:
        """Who waits for a session is told that there will be none."""
        self.network.serve = None
        link = self.link()
        waiting, canceled = link.when_joined(), link.when_joined()
        canceled.cancel()
        self.failureResultOf(canceled, CancelledError)
        self.stop(link)
        self.failureResultOf(waiting, CancelledError)

    def test_connecting(self) -> None:
        """An attempt is given up."""
        canceled: list[Any] = []

        class Endpoint:
            def connect(self, factory: Any) -> Deferred[Any]:
                return Deferred(canceled.append)

        self.network.endpoint = lambda reactor, place: Endpoint()  # type: ignore
        self.stop(self.link())
        self.assertEqual(1, len(canceled))
        self.assertEqual([], self.lines)

    def test_joining(self) -> None:
        """So is a connection that has not joined."""
        self.network.serve = lambda: Rude(b"", False)
        self.stop(self.link())
        self.assertEqual([], self.lines)


class EndpointTests(SynchronousTestCase):
    """Where a router is."""

    def test_missing(self) -> None:
        """The certificate is read before anything is sent."""
        place = Place("wss://127.0.0.1:8080/ws", certificate=Path(self.mktemp()))
        self.assertRaises(HostError, tcp, Clock(), place)

    def test_kinds(self) -> None:
        """TLS for wss alone; default ports are those of HTTP."""
        for url, text in {
            "ws://somewhere/ws": "somewhere:80",
            "ws://somewhere:8001/ws": "somewhere:8001",
        }.items():
            self.assertIn(text, repr(tcp(Clock(), Place(url, None))))
        self.assertIn("Wrapper", type(tcp(Clock(), Place("wss://somewhere/ws", None))).__name__)
