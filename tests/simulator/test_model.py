"""Tests for L{netsim.simulator.model}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.model import Entry, Place


class PlaceTests(SynchronousTestCase):
    def test_text(self) -> None:
        self.assertEqual("127.0.0.1:80", str(Place("127.0.0.1", 80)))
        self.assertEqual("[::1]:80", str(Place("::1", 80)))

    def test_moved(self) -> None:
        place = Place("0.0.0.0", 11000)
        self.assertEqual(Place("127.0.0.1", 11005), place.moved("127.0.0.1", 5))
        self.assertEqual(Place("0.0.0.0", 11000), place.moved(None, 0))

    def test_a_port_that_the_system_chooses_stays_so(self) -> None:
        self.assertEqual(Place("::1", 0), Place("0.0.0.0", 0).moved("::1", 5))


class EntryTests(SynchronousTestCase):
    listen, send = Place("0.0.0.0", 14000), Place("0.0.0.0", 14001)

    def test_places(self) -> None:
        self.assertEqual((self.listen, self.send), Entry(self.listen, self.send).places)
        self.assertEqual((self.send,), Entry(send=self.send).places)
        self.assertEqual((), Entry().places)

    def test_moved(self) -> None:
        """Both places move; all else stays."""
        entry = Entry(self.listen, self.send, True, {"line": 1})
        moved = entry.moved("127.0.0.1", 10)
        expected = (Place("127.0.0.1", 14010), Place("127.0.0.1", 14011))
        self.assertEqual(Entry(*expected, True, {"line": 1}), moved)
        self.assertIsNone(Entry(self.listen).moved(None, 10).send)
