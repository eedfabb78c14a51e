"""Tests of L{netsim.datanode.grafana.troubles}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.troubles import Troubles


class TroublesTests(SynchronousTestCase):
    """What is said, and how often."""

    def test_once(self) -> None:
        """Each change is said once."""
        troubles = Troubles()
        self.assertIsNone(troubles.answered("n"))
        self.assertEqual(troubles.failed("n", "is not there"), "n is not there")
        self.assertIsNone(troubles.failed("n", "is not there"))
        self.assertEqual(troubles.failed("m", "is not there"), "m is not there")
        self.assertEqual(troubles.failed("n", "is slow"), "n is slow")
        self.assertEqual(troubles.answered("n"), "n answers again")
        self.assertIsNone(troubles.answered("n"))
        self.assertEqual(troubles.failed("n", "is slow"), "n is slow")

    def test_limit(self) -> None:
        """The oldest are forgotten."""
        troubles = Troubles(limit=2)
        for name in "abc":
            troubles.failed(name, "x")
        self.assertIsNone(troubles.failed("b", "x"))
        self.assertEqual(troubles.failed("a", "x"), "a x")
