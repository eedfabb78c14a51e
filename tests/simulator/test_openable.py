"""Tests for L{netsim.simulator.openable}; from blocking code in those of who derive from it."""

from __future__ import annotations

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim import background
from netsim.errors import HostError
from netsim.simulator.openable import Openable
from tests.simulator.talking import HostTestCase


class Door(Openable):
    """Opens and closes when the test says so."""

    def __init__(self) -> None:
        self.opening: Deferred[None] = Deferred()
        self.closing: Deferred[None] = Deferred()
        self.done: list[str] = []

    def open(self) -> Deferred[None]:
        self.done.append("open")
        return self.opening

    def close(self) -> Deferred[None]:
        self.done.append("close")
        return self.closing


class ServiceTests(HostTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.door, self.parent = Door(), MultiService()
        self.door.setServiceParent(self.parent)

    def test_a_service(self) -> None:
        self.assertTrue(verifyObject(IService, self.door))

    def test_it_is_open_as_long_as_the_service_runs(self) -> None:
        self.parent.startService()
        self.assertEqual(self.door.done, ["open"])
        stopping = self.parent.stopService()
        self.assertEqual(self.door.done, ["open", "close"])
        self.assertNoResult(stopping)
        self.door.closing.callback(None)
        self.successResultOf(stopping)

    def test_what_goes_wrong_is_logged(self) -> None:
        self.parent.startService()
        self.door.opening.errback(HostError("no port is left"))
        self.assertIn("no port is left", self.told())


class AnywhereTests(SynchronousTestCase):
    def test_what_is_interrupted_is_closed(self) -> None:
        """The user's Ctrl-C comes while the calling thread waits."""
        door, called = Door(), []

        def call(function: object, *args: object) -> None:
            called.append((function, args))
            if len(called) == 1:
                raise KeyboardInterrupt

        self.patch(background, "call_anywhere", call)
        self.assertRaises(KeyboardInterrupt, door.from_anywhere, door.open, 1)
        self.assertEqual(called, [(door.open, (1,)), (door.close, ())])
