"""L{netsim.dsisocket.reminders}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.reminders import Reminders
from tests.properties import examples


class ReminderTests(SynchronousTestCase):
    """Each reason is told once, and any now and then."""

    def setUp(self) -> None:
        self.reminders = Reminders(every=60.0)

    def test_once(self) -> None:
        """The same reason is no news."""
        told = [self.reminders.due("refused", float(now)) for now in range(1000, 1003)]
        self.assertEqual([True, False, False], told)

    def test_distinct(self) -> None:
        """Another reason is, and does not make the first one new."""
        told = [self.reminders.due(reason, 1000.0) for reason in ("a", "b", "a", "b")]
        self.assertEqual([True, True, False, False], told)

    def test_early_clock(self) -> None:
        """The first is told at the very beginning of time, too."""
        self.assertTrue(self.reminders.due("refused", 0.0))

    def test_reminder(self) -> None:
        """After a while it is told again, and then there is a while again."""
        told = [self.reminders.due("refused", now) for now in (1000.0, 1059.0, 1060.0, 1119.0)]
        self.assertEqual([True, False, True, False], told)

    def test_forget(self) -> None:
        """After a success every reason is new."""
        self.reminders.due("refused", 1000.0)
        self.reminders.forget()
        self.assertTrue(self.reminders.due("refused", 1001.0))

    @given(st.lists(st.floats(0, 1)))
    @examples(100)
    def test_bounded(self, steps: list[float]) -> None:
        """Reasons that are never the same do not fill the log."""
        reminders = Reminders(every=60.0)
        now, told = 0.0, 0
        for number, step in enumerate([*steps, *[0.5] * 200]):
            now += step
            told += reminders.due(f"refused at {number}", now)
        self.assertLessEqual(told, 20 + now / 60 + 1)
