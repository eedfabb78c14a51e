"""Tests for L{netsim.datanode.budget}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.budget import MOST, Budget
from netsim.errors import LimitError


class BudgetTests(SynchronousTestCase):
    """What one query may take."""

    def test_enough(self) -> None:
        """All of it can be taken, in parts."""
        budget = Budget(3 << 20)
        for _ in range(3):
            budget.spend(1 << 20)

    def test_too_much(self) -> None:
        """One byte more is too much, and how much there was is told."""
        budget = Budget(3 << 20)
        budget.spend(3 << 20)
        error = self.assertRaises(LimitError, budget.spend, 1)
        self.assertIn("more than 3 MiB", str(error))

    def test_default(self) -> None:
        """There is always a limit."""
        Budget().spend(MOST)
        self.assertRaises(LimitError, Budget().spend, MOST + 1)
