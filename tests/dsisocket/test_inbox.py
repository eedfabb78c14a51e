"""L{netsim.dsisocket.inbox}: what waits, and when it is too much."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.inbox import MAX_WAITING, MAX_WAITING_BYTES, Inbox
from netsim.dsisocket.stream import MAX_COMMAND, Malformed, TooLong, Value


class InboxTests(SynchronousTestCase):
    """What an L{Inbox} holds."""

    def setUp(self) -> None:
        self.inbox = Inbox()

    def test_order(self) -> None:
        """What came first is given first."""
        self.assertFalse(self.inbox)
        self.inbox.feed(b'{"a": 1}x\n12')
        self.assertEqual(2, len(self.inbox))
        self.assertEqual(Value({"a": 1}), self.inbox.take())
        self.assertIsInstance(self.inbox.take(), Malformed)
        self.inbox.end()
        self.assertEqual(Value(12), self.inbox.take())
        self.assertFalse(self.inbox)

    def test_many(self) -> None:
        """So many may wait, whatever they are."""
        for text in (b"1 ", b"x\n"):
            inbox = Inbox()
            inbox.feed(text * MAX_WAITING)
            self.assertFalse(inbox.is_full)
            inbox.feed(text)
            self.assertTrue(inbox.is_full)
            inbox.take()
            self.assertFalse(inbox.is_full)

    def test_much(self) -> None:
        """So many bytes may wait."""
        self.inbox.feed(b'"%s"' % (b"x" * (MAX_WAITING_BYTES - 2)))
        self.assertFalse(self.inbox.is_full)
        self.inbox.feed(b"1 ")
        self.assertTrue(self.inbox.is_full)
        self.inbox.take()
        self.assertFalse(self.inbox.is_full)

    def test_clear(self) -> None:
        """All can be forgotten."""
        self.inbox.feed(b'"%s"' % (b"x" * MAX_WAITING_BYTES))
        self.assertEqual(1, self.inbox.clear())
        self.assertEqual((0, False), (len(self.inbox), self.inbox.is_full))

    def test_tooLong(self) -> None:
        """Behind a command that is too long nothing is read."""
        self.inbox.feed(b'"' + b"x" * MAX_COMMAND + b'" 1 ')
        self.assertTrue(self.inbox.is_full)
        self.assertEqual(TooLong(), self.inbox.take())
        self.assertEqual((0, True), (len(self.inbox), self.inbox.is_full))
