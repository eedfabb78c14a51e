"""L{netsim.status.outgoing}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.outgoing import Outgoing
from tests.properties import examples


def mark(count: int) -> bytes:
    return b"lost %d" % count


class OutgoingTests(SynchronousTestCase):
    """Messages wait in a queue that does not grow without end."""

    def setUp(self) -> None:
        self.queue = Outgoing(3, mark, limit_bytes=100)

    def push(self, *texts: bytes) -> None:
        for text in texts:
            self.queue.push(text)

    def test_order(self) -> None:
        """They are taken in the order in which they were pushed, up to a size."""
        self.push(b"a" * 10, b"b" * 10, b"c")
        self.assertEqual([b"a" * 10, b"b" * 10], self.queue.take(11))
        self.assertTrue(self.queue)
        self.assertEqual([b"c"], self.queue.take(11))
        self.assertFalse(self.queue)
        self.assertEqual([], self.queue.take(11))

    def test_count(self) -> None:
        """The oldest are dropped, counted, and a mark is in their place, once."""
        self.push(b"a", b"b", b"c", b"d", b"e")
        self.assertEqual(2, self.queue.dropped)
        self.assertEqual([b"lost 2", b"c", b"d", b"e"], self.queue.take(100))
        self.push(b"f")
        self.assertEqual([b"f"], self.queue.take(100))
        self.assertEqual(2, self.queue.dropped)

    def test_bytes(self) -> None:
        """Large messages count by their bytes."""
        self.push(b"a" * 60, b"b" * 40)
        self.assertEqual(0, self.queue.dropped)
        self.push(b"c")
        self.assertEqual(1, self.queue.dropped)
        self.assertEqual([b"lost 1", b"b" * 40, b"c"], self.queue.take(1000))

    def test_too_large(self) -> None:
        """One that has no room at all is dropped itself."""
        self.push(b"a" * 101)
        self.assertTrue(self.queue)
        self.assertEqual([b"lost 1"], self.queue.take(1000))

    def test_again(self) -> None:
        """What has not arrived is sent again, before everything else."""
        self.push(b"a", b"b")
        self.queue.take(100)
        self.push(b"c")
        self.queue.lost()
        self.assertEqual([b"a", b"b", b"c"], self.queue.take(100))

    def test_confirmed(self) -> None:
        """What has arrived is not."""
        self.push(b"a", b"b")
        self.queue.take(1)
        position = self.queue.position
        self.queue.take(100)
        self.assertEqual(2, self.queue.unconfirmed)
        self.queue.confirm(position)
        self.assertEqual(1, self.queue.unconfirmed)
        self.queue.lost()
        self.assertEqual([b"b"], self.queue.take(100))
        self.queue.confirm(self.queue.position)
        self.queue.lost()
        self.assertEqual([], self.queue.take(100))

    def test_confirmed_makes_room(self) -> None:
        """What has arrived takes no room any more."""
        self.push(b"a" * 90)
        self.queue.take(100)
        self.queue.confirm(self.queue.position)
        self.push(b"b" * 90)
        self.assertEqual([b"b" * 90], self.queue.take(100))

    def test_taken_make_room(self) -> None:
        """Where there is no room, those that were sent are forgotten first; they are not lost."""
        self.push(b"a", b"b")
        self.queue.take(100)
        self.push(b"c", b"d", b"e")
        self.assertEqual(0, self.queue.dropped)
        self.queue.confirm(2)
        self.queue.lost()
        self.assertEqual([b"c", b"d", b"e"], self.queue.take(100))

    def test_mark_counts(self) -> None:
        """A mark takes room, too, until it has arrived."""
        for _ in range(3):
            self.push(b"a" * 101)
            self.queue.take(1000)
            self.queue.confirm(self.queue.position)
        self.push(b"b" * 60, b"c" * 41)
        self.assertEqual([b"lost 1", b"c" * 41], self.queue.take(1000))

    def test_old_question(self) -> None:
        """An answer to what was asked over an earlier connection means nothing."""
        self.push(b"a", b"b")
        self.queue.take(100)
        position = self.queue.position
        self.queue.lost()
        self.queue.take(100)
        self.queue.confirm(position)
        self.assertEqual(2, self.queue.unconfirmed)

    def test_answers(self) -> None:
        """Answers come first, and are not sent over another connection."""
        self.push(b"a")
        self.assertTrue(self.queue.answer(b"42"))
        self.assertEqual([b"42", b"a"], self.queue.take(100))
        self.queue.answer(b"43")
        self.queue.lost()
        self.assertEqual([b"a"], self.queue.take(100))

    def test_answers_alone(self) -> None:
        """They are something to take, are not dropped, and do not count as messages."""
        self.queue.answer(b"42")
        self.assertTrue(self.queue)
        self.push(b"a", b"b", b"c", b"d")
        self.assertEqual([b"42"], self.queue.take(1))
        self.assertEqual(0, self.queue.position)

    def test_answers_bounded(self) -> None:
        """There is no room for any number of them, but there is again when they are gone."""
        self.assertTrue(self.queue.answer(b"a" * 60))
        self.assertFalse(self.queue.answer(b"b" * 60))
        self.queue.take(1)
        self.assertTrue(self.queue.answer(b"c" * 60))
        self.queue.lost()
        self.assertTrue(self.queue.answer(b"d" * 100))

    def test_none(self) -> None:
        """A queue of nothing drops everything."""
        queue = Outgoing(0, mark)
        queue.push(b"a")
        self.assertEqual([b"lost 1"], queue.take(100))

    def test_machine(self) -> None:
        """Whatever happens: bounded, in order, and nothing is missing that was not counted."""
        machine = type("Machine", (Machine,), {})
        machine.TestCase.settings = examples(100)
        machine.TestCase("runTest").runTest()

    @given(st.lists(st.binary(min_size=1, max_size=50)))
    @examples(100)
    def test_bound(self, texts: list[bytes]) -> None:
        """What can be taken is never more than the bounds and a mark."""
        self.setUp()
        self.push(*texts)
        taken = self.queue.take(10_000)
        self.assertTrue(len(taken) <= 4, taken)
        self.assertEqual(texts[max(0, len(texts) - len(taken) + 1) :], taken[1:])


class Machine(RuleBasedStateMachine):
    """Numbers are pushed; what was written to the daemon is compared with them."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Outgoing(4, mark)
        self.pushed = 0
        self.taken: set[int] = set()
        self.asked: int | None = None

    @rule()
    def push(self) -> None:
        self.queue.push(b"%d" % self.pushed)
        self.pushed += 1

    @rule(size=st.integers(1, 3))
    def take(self, size: int) -> None:
        texts = self.queue.take(size)
        numbers = [int(text) for text in texts if not text.startswith(b"lost")]
        assert numbers == sorted(set(numbers)), texts
        self.taken.update(numbers)

    @rule()
    def ask(self) -> None:
        self.asked = self.queue.position

    @rule()
    def arrive(self) -> None:
        if self.asked is not None:
            self.queue.confirm(self.asked)
            self.asked = None

    @rule()
    def lose(self) -> None:
        unconfirmed = self.queue.unconfirmed
        self.queue.lost()
        self.asked = None
        assert self.queue.unconfirmed == 0
        assert bool(self.queue) or not unconfirmed

    @invariant()
    def bounded(self) -> None:
        """It holds no more than it may, with the mark of those that are missing."""
        assert self.queue.unconfirmed <= 5

    def teardown(self) -> None:
        """In the end each has been written, or is counted; the newest are always there."""
        while self.queue:
            self.take(100)
        missing = set(range(self.pushed)) - self.taken
        assert len(missing) <= self.queue.dropped <= self.pushed + 1
        assert not missing & set(range(self.pushed - 3, self.pushed)), missing
