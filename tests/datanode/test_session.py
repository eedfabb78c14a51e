"""L{netsim.datanode.session}."""

from __future__ import annotations

import os
from typing import Any

from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import Challenge, ComponentConfig
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import MESSAGE_SIZE, REALM
from netsim.datanode.model import Router as Place
from netsim.datanode.session import RouterSession
from netsim.errors import RouterError
from tests.datanode.router import Router


def told(**details: Any) -> RouterSession:
    """A session that was told who it is."""
    place = Place("ws://127.0.0.1:8001/ws", **details)
    return RouterSession(ComponentConfig(place.realm, place))


class JoinTests(SynchronousTestCase):
    """Who one is to the router."""

    def setUp(self) -> None:
        self.router = Router()

    def assertJoined(self, session: RouterSession, who: str) -> None:
        self.router.join(session)
        self.assertIsNotNone(session.session_id)
        self.assertEqual(who, session.authrole)

    def test_secret(self) -> None:
        """A user knows a secret."""
        self.assertJoined(told(secret="a secret"), "server")
        self.assertJoined(told(user="simonsobs", secret="another one"), "simonsobs")

    def test_salted(self) -> None:
        """The router keeps it salted."""
        self.router.salt = "pepper"
        self.assertJoined(told(secret="a secret"), "server")

    def test_anonymous(self) -> None:
        """Nobody in particular."""
        self.assertJoined(told(user=None), "anonymous")

    def test_user_is_never_anonymous(self) -> None:
        """One that was told a user does not join as another, who may do less."""
        self.router.users.clear()
        session = self.router.join(told(secret="a secret"))
        self.assertIsNone(session.session_id)

    def test_refused(self) -> None:
        """The secret is wrong: the session hears why, and hangs up."""
        said: list[Any] = []
        session = told(secret="a wrong one")
        session.on("leave", lambda session, details: said.append(details))
        self.router.join(session)
        self.assertIsNone(session.session_id)
        self.assertEqual(["wamp.error.authentication_failed"], [it.reason for it in said])
        self.assertFalse(session.is_connected())

    def test_unknown_method(self) -> None:
        """The router may ask for what was offered only."""
        self.assertRaises(RouterError, told(secret="x").onChallenge, Challenge("ticket"))

    def test_no_secret(self) -> None:
        """Nobody has told the secret: the log says so."""
        with capturedLogs() as captured:
            session = self.router.join(told())
        self.assertIsNone(session.session_id)
        text = "".join(map(formatEvent, captured))
        self.assertIn("the router asks for a secret, and none was told: WAMP_SECRET", text)
        self.assertNotIn("Traceback", text)

    def test_limits(self) -> None:
        """Messages may be as large as the router lets them be."""

        class Transport:
            maxFramePayloadSize = 1 << 20
            maxMessagePayloadSize = 0

            def send(self, sent: Any) -> None:
                """Nowhere."""

        session = told(secret="x")
        transport = Transport()
        session.onOpen(transport)
        self.assertEqual(MESSAGE_SIZE, transport.maxFramePayloadSize)
        self.assertEqual(0, transport.maxMessagePayloadSize, "there was no limit")


class EnvironmentTests(SynchronousTestCase):
    """As under autobahn's own runner."""

    def setUp(self) -> None:
        self.router = Router()
        self.patch_environment(WAMP_USER="simonsobs", WAMP_SECRET="another one")

    def patch_environment(self, **variables: str) -> None:
        self.patch(os, "environ", {"HOME": self.mktemp(), **variables})

    def test_user(self) -> None:
        """The environment tells, whatever the configuration holds."""
        for config in (None, ComponentConfig(REALM), ComponentConfig(REALM, {"any": "thing"})):
            session = self.router.join(RouterSession(config))
            self.assertEqual("simonsobs", session.authid)

    def test_default(self) -> None:
        """C{server}, if it does not tell."""
        self.patch_environment(WAMP_SECRET="a secret")
        self.assertEqual("server", self.router.join(RouterSession()).authid)

    def test_realm(self) -> None:
        """The configuration tells the realm."""
        self.router.realm = "another"
        self.assertIsNotNone(self.router.join(RouterSession(ComponentConfig("another"))).authid)

    def test_anonymous(self) -> None:
        """On a port where nobody is asked, no secret is needed."""
        self.patch_environment()
        self.router.users.clear()
        session = self.router.join(RouterSession())
        self.assertEqual("anonymous", session.authrole)


class LeaveTests(SynchronousTestCase):
    """The end of a session."""

    def left(self, session: ApplicationSession) -> tuple[str, list[Any]]:
        """Lose its connection during a call; what is logged, and what becomes of the call."""
        router = Router()
        other = router.session()
        other.register(lambda: Deferred(), "some.procedure")
        router.join(session)
        errors: list[Any] = []
        session.call("some.procedure").addErrback(errors.append)
        with capturedLogs() as captured:
            router.drop(session)
        lines = [formatEvent(it) or "" for it in captured if it["log_level"].name == "warn"]
        return "".join(lines), errors

    def test_told(self) -> None:
        """Who made it logs why; calls that are under way fail."""
        text, errors = self.left(told(secret="a secret"))
        self.assertEqual("", text)
        self.assertEqual(1, len(errors))
        self.assertIn("transport was lost", errors[0].getErrorMessage())

    def test_runner(self) -> None:
        """Nobody else would log it."""
        self.patch(os, "environ", {"WAMP_SECRET": "a secret"})
        text, errors = self.left(RouterSession())
        self.assertIn("wamp.close.transport_lost", text)
        self.assertEqual(1, len(errors))


class ErrorTests(SynchronousTestCase):
    """What is called fails."""

    def logged(self, error: Exception) -> list[Any]:
        with capturedLogs() as captured:
            try:
                raise error
            except type(error):
                told().onUserError(Failure(), "While doing this")
        return captured

    def test_explained(self) -> None:
        """What is explained takes one line."""
        for error in (RouterError("a reason"), ApplicationError("some.error", "a reason")):
            (event,) = self.logged(error)
            self.assertNotIn("log_failure", event)
            self.assertIn("a reason", formatEvent(event))
            self.assertIn("RouterSession", formatEvent(event))

    def test_mistake(self) -> None:
        """A mistake has a traceback."""
        (event,) = self.logged(ZeroDivisionError())
        self.assertIn("log_failure", event)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_canceled(self) -> None:
        """Nobody waits any more: that is no error."""
        self.assertEqual([], self.logged(CancelledError()))

    def test_procedure(self) -> None:
        """The caller gets it, too."""
        router = Router()
        session = router.join(told(secret="a secret"))

        def fail() -> None:
            raise ZeroDivisionError("by nothing")

        session.register(fail, "some.procedure")
        with capturedLogs():
            error = self.failureResultOf(router.session().call("some.procedure"))
        self.assertIn("by nothing", error.getErrorMessage())
        self.flushLoggedErrors(ZeroDivisionError)
