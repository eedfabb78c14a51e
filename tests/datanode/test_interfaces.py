"""L{netsim.datanode.interfaces}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.datanode.interfaces import Caller, IListening, ISource
from netsim.datanode.session import RouterSession


@implementer(ISource, IListening)
class Source:
    """Serves nothing."""

    name = description = ""
    blocking = False

    def fields(self, start, end):  # type: ignore
        """None."""

    def blocks(self, names, start, end):  # type: ignore
        """None."""

    def joined(self, session):  # type: ignore
        """A session."""


class InterfaceTests(SynchronousTestCase):
    """What parts need of one another."""

    def test_source(self) -> None:
        """A source may listen as well."""
        for interface in (ISource, IListening):
            self.assertTrue(verifyObject(interface, Source()))

    def test_caller(self) -> None:
        """A session has all that is needed of one."""
        session = RouterSession()
        for name in ("call", "publish", "register", "subscribe"):
            self.assertTrue(callable(getattr(session, name)))
            self.assertTrue(hasattr(Caller, name))
