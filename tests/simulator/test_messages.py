"""Tests for L{netsim.simulator.messages}."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.messages import (
    Status,
    as_text,
    decode,
    encode,
    in_short,
    overlap,
    statuses,
)
from netsim.simulator.model import Place

STATUS = Status("ifd", "if_distributor", 2, ("127.0.0.1:1", "udp:[::1]:2"), 3, 4.5, 6)


class LineTests(SynchronousTestCase):
    def test_roundTrip(self) -> None:
        """What is written is read."""
        for several in [], [STATUS], [STATUS, evolve(STATUS, uptime=None)]:
            line = encode({"simulators": [status.as_dict() for status in several]})
            self.assertEqual(1, line.count(b"\n"))
            self.assertTrue(line.endswith(b"\n"))
            self.assertEqual(tuple(several), statuses(decode(line)))

    def test_noMessage(self) -> None:
        """What is no message is refused."""
        for line in b"", b"5", b"[]", b"{", b"\xff":
            self.assertRaises(ValueError, decode, line)

    def test_noStatus(self) -> None:
        """So is a message that has no status, or another one than ours."""
        whole = STATUS.as_dict()
        for message in (
            {},
            {"simulators": 5},
            {"simulators": [5]},
            {"simulators": [{}]},
            {"simulators": [{**whole, "more": 1}]},
            {"simulators": [{**whole, "addresses": None}]},
        ):
            self.assertRaises(ValueError, statuses, message)

    @given(st.binary())
    def test_anything(self, line: bytes) -> None:
        """Nothing else comes out of any bytes."""
        try:
            statuses(decode(line))
        except ValueError:
            pass
        else:
            self.fail(f"{line!r} is a status")


class AddressTests(SynchronousTestCase):
    def test_asText(self) -> None:
        """Places are written as addresses that can be compared."""
        for place, datagram, expected in (
            (Place("127.0.0.1", 1), False, "127.0.0.1:1"),
            (Place("localhost", 1), True, "udp:127.0.0.1:1"),
            (Place("", 1), False, "0.0.0.0:1"),
            (Place("::1", 1), True, "udp:[::1]:1"),
        ):
            self.assertEqual(expected, as_text(datagram, place))

    def test_inShort(self) -> None:
        """Several are written with ranges."""
        several = ["127.0.0.1:1", "127.0.0.1:2", "udp:127.0.0.1:3", "[::1]:4"]
        self.assertEqual("127.0.0.1:1-2 udp:127.0.0.1:3 [::1]:4", in_short(several))

    def test_overlap(self) -> None:
        """Addresses overlap where they cannot be open at the same time."""
        for one, other, expected in (
            ("127.0.0.1:1", "127.0.0.1:1", True),
            ("127.0.0.1:1", "127.0.0.1:2", False),
            ("127.0.0.1:1", "127.0.0.2:1", False),
            ("127.0.0.1:1", "udp:127.0.0.1:1", False),
            ("127.0.0.1:1", "0.0.0.0:1", True),
            ("[::]:1", "127.0.0.1:1", True),
            ("127.0.0.1:0", "127.0.0.1:0", False),
        ):
            self.assertIs(expected, overlap(["127.0.0.9:9", one], [other]), (one, other))
            self.assertIs(expected, overlap([other], [one]), (one, other))
        self.assertFalse(overlap([], ["127.0.0.1:1"]))
