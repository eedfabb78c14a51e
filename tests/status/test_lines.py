"""L{netsim.status.lines}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.lines import LEVELS, MAX_TEXT, LineWriter, shortened
from netsim.status.message import LOG, MAX_NAME, NO_ID, Message, decode, name_problem
from tests.properties import examples

TEXTS = st.text(st.characters(exclude_categories=[]))
NAMES = st.text(min_size=1, max_size=MAX_NAME).filter(lambda name: not name_problem(name))


class LineTests(SynchronousTestCase):
    """Log lines become messages of the standard."""

    @given(NAMES, st.sampled_from(LEVELS), TEXTS, TEXTS, st.integers(0, 2**33))
    @examples(200)
    def test_message(self, name: str, level: str, text: str, whom: str, time: int) -> None:
        """Whatever is logged, the message can be read."""
        line = {"level": level, "message": text, "time": float(time), "whom": whom}
        expected = Message(LOG, name, {"log": line}, NO_ID)
        self.assertEqual(expected, decode(LineWriter(name).write(level, text, whom, time)))

    def test_time(self) -> None:
        """The time is told to the microsecond."""
        data = LineWriter("x").write("info", "", "", 1700000000.123456)
        self.assertEqual(1700000000.123456, decode(data).payload["log"]["time"])

    def test_level(self) -> None:
        """A level that does not exist is an error that names those that do."""
        error = self.assertRaises(ValueError, LineWriter("x").write, "loud", "", "", 0)
        self.assertIn("'loud'", str(error))
        self.assertIn("warning", str(error))

    def test_long(self) -> None:
        """A text that is too long is cut, and says so; the same goes for its origin."""
        data = LineWriter("x").write("info", "a" * (MAX_TEXT + 7), "b" * 1000, 0)
        log = decode(data).payload["log"]
        self.assertEqual("a" * MAX_TEXT + "… (7 characters more)", log["message"])
        self.assertEqual("b" * 256, log["whom"])

    def test_whole(self) -> None:
        """A text that is just not too long is left alone."""
        self.assertEqual("a" * MAX_TEXT, shortened("a" * MAX_TEXT))
        self.assertEqual("ab… (1 characters more)", shortened("abc", 2))
