"""Tests for L{netsim.simulator.hosting}."""

from __future__ import annotations

from netsim.simulator.crew import MAX_WORKERS
from netsim.simulator.hosting import Hosting
from tests.simulator.talking import HostTestCase, Messages, Parser


class HostingTests(HostTestCase):
    """Who calls a system: the reactor, or threads."""

    def test_crew(self) -> None:
        class Blocking(Messages):
            worker = True

        for system, on_reactor, wanted in (
            (Messages, False, False),
            (Blocking, False, True),
            (Parser, False, True),
            (object, False, True),
            (Parser, True, False),
            (Blocking, True, False),
        ):
            hosting = Hosting(self.reactor, on_reactor=on_reactor)
            self.assertEqual(wanted, hosting.crew(system) is not None, system)

    def test_one_crew_for_all(self) -> None:
        hosting = Hosting(self.reactor)
        self.assertIs(hosting.crew(Parser), hosting.crew(object))

    def test_the_installed_reactor(self) -> None:
        from twisted.internet import reactor

        self.assertIs(reactor, Hosting().clock())
        self.assertEqual(MAX_WORKERS, Hosting().max_workers)
