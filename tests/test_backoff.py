"""L{netsim.backoff}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.backoff import Backoff
from tests.properties import examples

CHANCE = st.floats(0, 1, exclude_max=True)


class BackoffTests(SynchronousTestCase):
    """Delays grow with every failure, and begin anew after a success."""

    def setUp(self) -> None:
        self.backoff = Backoff(lambda: 0.0, first=1.0, limit=5.0, lasting=10.0)

    def delays(self, count: int) -> list[float]:
        return [self.backoff.delay() for _ in range(count)]

    def test_doubles(self) -> None:
        """Each is twice the last, up to the limit."""
        self.assertEqual([1.0, 2.0, 4.0, 5.0, 5.0], self.delays(5))

    def test_success(self) -> None:
        """After what has held long enough it starts anew."""
        self.delays(4)
        self.assertTrue(self.backoff.held(10.0))
        self.assertEqual([1.0, 2.0], self.delays(2))

    def test_short_success(self) -> None:
        """What broke soon does not count."""
        self.delays(2)
        self.assertFalse(self.backoff.held(9.9))
        self.assertEqual([4.0], self.delays(1))

    def test_chance(self) -> None:
        """It makes delays shorter by up to a part of them."""
        chances = iter([0.0, 0.5, 0.75])
        backoff = Backoff(lambda: next(chances), first=8.0, limit=8.0, jitter=0.5)
        self.assertEqual([8.0, 6.0, 5.0], [backoff.delay() for _ in range(3)])

    def test_small_limit(self) -> None:
        """No delay exceeds the limit: the first does not, either."""
        backoff = Backoff(lambda: 0.0, first=3.0, limit=2.0)
        self.assertEqual(2.0, backoff.delay())
        backoff.held(10.0)
        self.assertEqual(2.0, backoff.delay())

    @given(st.lists(st.floats(0, 20) | st.none()), CHANCE)
    @examples(200)
    def test_bounds(self, story: list[float | None], chance: float) -> None:
        """Whatever happens, a delay is neither nothing nor too much."""
        backoff = Backoff(lambda: chance)
        for held in story:
            if held is not None:
                backoff.held(held)
            delay = backoff.delay()
            self.assertTrue(0.75 <= delay <= 30.0, delay)

    def test_forever(self) -> None:
        """A server that is away for years makes no number too large."""
        self.assertEqual(5.0, self.delays(5000)[-1])
