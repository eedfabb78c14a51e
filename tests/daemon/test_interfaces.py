"""Tests for L{netsim.daemon.interfaces}: what ships keeps them."""

from __future__ import annotations

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyClass, verifyObject

from netsim.daemon.archive import Archive
from netsim.daemon.history import Retention
from netsim.daemon.interfaces import IArchive, IReceiver
from netsim.daemon.protocol import StatusProtocol


class InterfaceTests(SynchronousTestCase):
    def test_archive(self) -> None:
        archive = Archive(MemoryReactorClock(), None, Retention(), lambda: 0.0)
        self.assertTrue(verifyObject(IArchive, archive))

    def test_receiver(self) -> None:
        self.assertTrue(verifyClass(IReceiver, StatusProtocol))
