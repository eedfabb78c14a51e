"""L{netsim.dsisocket.steps}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Limits
from netsim.dsisocket.steps import HostCommand, MongoShell, Script, Transfer


class StepTests(SynchronousTestCase):
    """The values."""

    def test_limits(self) -> None:
        """What the command says wins, each limit for itself."""
        configured = Limits(60, 5)
        self.assertEqual(configured, HostCommand(()).limits(configured))
        self.assertEqual(Limits(1, 5), HostCommand((), timeout=1).limits(configured))
        self.assertEqual(Limits(60, 2), HostCommand((), no_output=2).limits(configured))

    def test_secrets(self) -> None:
        """Scripts may hold passwords: they are not shown."""
        for step in (Script("hush"), MongoShell("hush", "mongodb://me:hush@host")):
            self.assertNotIn("hush", repr(step))

    def test_place(self) -> None:
        """The place is for messages only."""
        self.assertEqual(Transfer("a", "b", "here"), Transfer("a", "b", "there"))
