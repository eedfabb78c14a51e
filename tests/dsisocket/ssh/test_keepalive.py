"""L{netsim.dsisocket.ssh.keepalive}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.keepalive import Keepalive
from tests.properties import examples


class Server:
    """Answers, or not."""

    def __init__(self, interval: float = 10, missed: int = 3) -> None:
        self.clock = Clock()
        self.asked: list[Deferred[None]] = []
        self.gone: list[float] = []
        self.keepalive = Keepalive(self.clock, interval, missed, self.ask, self.gone.append)

    def ask(self) -> Deferred[None]:
        self.asked.append(Deferred())
        return self.asked[-1]


class KeepaliveTests(SynchronousTestCase):
    """Tests of L{Keepalive}."""

    def test_asks(self) -> None:
        """It asks once in each interval, and not before it is started."""
        server = Server()
        server.clock.advance(100)
        self.assertEqual(0, len(server.asked))
        server.keepalive.start()
        server.clock.advance(9.9)
        self.assertEqual(0, len(server.asked))
        server.clock.advance(0.1)
        self.assertEqual(1, len(server.asked))
        server.clock.advance(10)
        self.assertEqual(2, len(server.asked))

    def test_nothing_answered(self) -> None:
        """So many unanswered questions mean the end, which is told once."""
        server = Server()
        server.keepalive.start()
        server.clock.pump([10] * 3)
        self.assertEqual([], server.gone)
        server.clock.pump([10] * 5)
        self.assertEqual(([30], 3), (server.gone, len(server.asked)))
        self.assertEqual([], server.clock.getDelayedCalls())

    def test_any_answer_will_do(self) -> None:
        """A refusal is an answer, too: it counts from there."""
        server = Server()
        server.keepalive.start()
        server.clock.pump([10] * 3)
        server.asked[0].errback(ValueError("no"))
        server.clock.pump([10] * 3)
        self.assertEqual([], server.gone)
        server.asked[5].callback(None)
        server.clock.pump([10] * 3)
        self.assertEqual([], server.gone)
        server.clock.advance(10)
        self.assertEqual([30], server.gone)

    def test_stopped(self) -> None:
        """It asks no more; what comes late does not matter."""
        server = Server()
        server.keepalive.start()
        server.clock.advance(10)
        server.keepalive.stop()
        server.asked[0].callback(None)
        server.keepalive.stop()
        self.assertEqual([], server.clock.getDelayedCalls())

    def test_off(self) -> None:
        """Without an interval nothing is asked."""
        server = Server(0)
        server.keepalive.start()
        self.assertEqual([], server.clock.getDelayedCalls())

    @examples(100)
    @given(st.lists(st.booleans(), max_size=30), st.integers(1, 4))
    def test_given_up_after_misses_in_a_row(self, answers: list[bool], missed: int) -> None:
        """It is given up just when that many in a row were not answered."""
        server = Server(1, missed)
        server.keepalive.start()
        in_a_row = 0
        for answers_now in answers:
            server.clock.advance(1)
            self.assertEqual(in_a_row >= missed, bool(server.gone))
            if server.gone:
                return
            if answers_now:
                server.asked[-1].callback(None)
            in_a_row = 0 if answers_now else in_a_row + 1
