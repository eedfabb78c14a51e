"""Tests for L{netsim.status.interfaces}: what ships keeps them."""

from __future__ import annotations

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.status.actions import Actions
from netsim.status.duties import Duties
from netsim.status.interfaces import IActions


class InterfaceTests(SynchronousTestCase):
    def test_actions_of_programs(self) -> None:
        self.assertTrue(verifyObject(IActions, Actions(MemoryReactorClock())))

    def test_actions_of_services(self) -> None:
        self.assertTrue(verifyObject(IActions, Duties({})))
