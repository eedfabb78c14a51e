"""L{netsim.daemon.pending}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.pending import FIRST_ID, Pending, Waiting, is_own_id

NOW = 1_700_000_000.0


class PendingTests(SynchronousTestCase):
    """Each action leaves once."""

    def setUp(self) -> None:
        self.pending = Pending()

    def add(
        self, asker: str = "f", cli: str = "p", project: str = "a", deadline: float = NOW
    ) -> Waiting:
        event_id = self.pending.new_id(NOW)
        waiting = Waiting(event_id, asker, 5, project, cli, 300, deadline)
        self.pending.add(waiting)
        return waiting

    def assertEmpty(self) -> None:
        """There is nothing left of any of them."""
        self.assertEqual(0, len(self.pending))
        self.assertEqual([], self.pending.expire(float("inf")))
        for name in ("_waiting", "_by_project", "_by_peer", "_deadlines"):
            self.assertFalse(getattr(self.pending, name), name)

    def test_take(self) -> None:
        """It is taken once, and by a program of its project."""
        waiting = self.add()
        self.assertIsNone(self.pending.take(waiting.event_id, "b"))
        self.assertIsNone(self.pending.take(waiting.event_id + 1, "a"))
        self.assertEqual(waiting, self.pending.take(waiting.event_id, "a"))
        self.assertIsNone(self.pending.take(waiting.event_id, "a"))
        self.assertEmpty()

    def test_leave(self) -> None:
        """Who is gone takes with it what it has asked for, and what was sent to it."""
        first, second, third = self.add("f", "p"), self.add("g", "p"), self.add("f", "q")
        self.assertEqual([first, third], self.pending.leave("f"))
        self.assertEqual([], self.pending.leave("f"))
        self.assertEqual([second], self.pending.leave("p"))
        self.assertEqual([], self.pending.leave("q"))
        self.assertEmpty()

    def test_expire(self) -> None:
        """Those that have waited for too long go, the oldest first."""
        late, soon = self.add(deadline=NOW + 9), self.add(deadline=NOW + 5)
        self.add(deadline=NOW + 10)
        self.assertEqual([], self.pending.expire(NOW + 4.9))
        self.assertEqual([soon, late], self.pending.expire(NOW + 9))
        self.assertIsNone(self.pending.take(soon.event_id, "a"))
        self.assertEqual(1, len(self.pending.expire(NOW + 10)))
        self.assertEmpty()

    def test_expire_answered(self) -> None:
        """One that was answered has no end of its time."""
        waiting = self.add()
        self.pending.take(waiting.event_id, "a")
        self.assertEqual([], self.pending.expire(NOW))
        self.assertEmpty()

    def test_count(self) -> None:
        """They are counted by project."""
        first = self.add(project="a")
        self.add(project="a")
        self.add(project="b")
        counts = [self.pending.count(name) for name in "abc"]
        self.assertEqual(([2, 1, 0], 3), (counts, len(self.pending)))
        self.pending.take(first.event_id, "a")
        self.assertEqual(1, self.pending.count("a"))

    def test_bounded(self) -> None:
        """What was answered long before its time is up is not kept until then."""
        last, first = self.add(deadline=NOW + 299), self.add(deadline=NOW + 1)
        for _ in range(10_000):
            self.pending.take(self.add(deadline=NOW + 300).event_id, "a")
        self.assertLess(len(self.pending._deadlines), 100)
        self.assertEqual([first], self.pending.expire(NOW + 1))
        self.assertEqual([last], self.pending.expire(NOW + 300))
        self.assertEmpty()


class IdTests(SynchronousTestCase):
    """The ids that programs see."""

    def test_unique(self) -> None:
        """No two are the same."""
        pending = Pending()
        ids = [pending.new_id(NOW - n) for n in range(1000)]
        self.assertEqual(1000, len(set(ids)))

    def test_range(self) -> None:
        """They are beyond those of frontends, and whole in every language."""
        for now in (-1e12, 0.0, NOW, 1e12, 1e15):
            self.assertTrue(FIRST_ID <= Pending().new_id(now) < 2**52, now)

    def test_restart(self) -> None:
        """A daemon that begins later gives others, as long as an action takes a millisecond."""
        before = Pending()
        last = [before.new_id(NOW) for _ in range(1000)][-1]
        self.assertGreater(Pending().new_id(NOW + 1.1), last)

    def test_own(self) -> None:
        """They can be told from those of frontends."""
        self.assertEqual(
            [False, False, False, True, True],
            [is_own_id(each) for each in (-1, 10**11, 10**12 - 1, 10**12, 2**53)],
        )
