"""Tests for L{netsim.datanode.hub.complaint}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.complaint import SHOWN, essence

SAID = """\
Booting standalone node
Traceback (most recent call last):
  File "x.py", line 3, in y
    raise Problem
]

twisted.internet.error.CannotListenError: Couldn't listen on 127.0.0.1:1: in use.

Could not start node: Traceback (most recent call last):
  File "x.py", line 4, in z
Native worker received SIGTERM - shutting down ..
"""


class EssenceTests(SynchronousTestCase):
    def test_tracebacks(self) -> None:
        """Only what they come to is of use."""
        self.assertEqual(
            essence(SAID.splitlines()),
            [
                "Booting standalone node",
                "twisted.internet.error.CannotListenError: Couldn't listen on 127.0.0.1:1: in use.",
            ],
        )

    def test_last(self) -> None:
        """The last lines tell the reason."""
        lines = [f"line {number}" for number in range(10)]
        self.assertEqual(essence(lines), lines[-SHOWN:])

    def test_nothing(self) -> None:
        self.assertEqual(essence(["", "  at", "["]), [])
