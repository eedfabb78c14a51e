"""Tests for L{netsim.daemon.model}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.model import Close, Limits, Logged, Note, ProjectState, Send, Synced
from netsim.status.message import Message


class ValueTests(SynchronousTestCase):
    def test_limits(self) -> None:
        """What is documented: a message of 1 MiB, and something for everything else."""
        limits = Limits()
        self.assertEqual(limits.message_size, 1048576)
        for name in Limits.__attrs_attrs__:
            self.assertGreater(getattr(limits, name.name), 0)

    def test_send(self) -> None:
        """Nothing may be dropped unless it is said, and the program has answered."""
        sending = Send(("a",), b"{}")
        self.assertEqual((sending.droppable, sending.result), (False, 200))

    def test_values(self) -> None:
        """They are values: two of the same are the same, and none can be changed."""
        message = Message("log", "x", {"n": [1]})
        state = ProjectState("x", True, 1, 0, 0, 5.0, None, {"a": 1})
        for value in (
            Send(("a",), b"{}"),
            Close("a", 1000, "done"),
            Note("info", "text"),
            Logged(message, b"{}"),
            Synced("x", {"a": {}}),
            state,
        ):
            self.assertEqual({value: 1}[value], 1)
            self.assertRaises(AttributeError, setattr, value, "name", "other")
