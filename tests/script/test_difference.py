"""Tests for L{netsim.script.difference}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.difference import (
    CONTEXT,
    SHOWN,
    Departure,
    Difference,
    escaped,
    first_difference,
    hexdump,
    readable,
)
from tests.properties import examples

PLACE = "main.scripts[2]"
HEAD = "exchange 3 (main.scripts[2]), byte 4: "


def difference(before: bytes, wanted: bytes, received: bytes, ended: bool = False) -> list[str]:
    """The lines that describe it."""
    found = Difference(3, PLACE, 4, before, wanted, received, ended)
    return found.describe().split("\n")


class TextTests(SynchronousTestCase):
    """Text is shown as text, what was wanted above what came."""

    def test_sides(self) -> None:
        """A mark stands below the first byte that differs."""
        self.assertEqual(
            [
                HEAD + "the client differs from the script",
                "  wanted    GET alpha\\r\\n",
                "  received  GET beta\\r\\n",
                "                ^",
            ],
            difference(b"GET ", b"alpha\r\n", b"beta\r\n"),
        )

    def test_noContext(self) -> None:
        """At the first byte of a command no mark is needed."""
        self.assertEqual(["  wanted    a", "  received  b"], difference(b"", b"a", b"b")[1:])

    def test_context(self) -> None:
        """So much is shown before the difference and after it; dots stand for the rest."""
        before, wanted, received = b"." * CONTEXT, b"w" * SHOWN, b"r" * SHOWN
        self.assertEqual(
            [
                f"  wanted    {'.' * CONTEXT}{'w' * SHOWN}",
                f"  received  {'.' * CONTEXT}{'r' * SHOWN}",
                " " * (12 + CONTEXT) + "^",
            ],
            difference(before, wanted, received)[1:],
        )
        self.assertEqual(
            [
                f"  wanted    ...{'.' * CONTEXT}{'w' * SHOWN}...",
                f"  received  ...{'.' * CONTEXT}{'r' * SHOWN}...",
                " " * (15 + CONTEXT) + "^",
            ],
            difference(b"x" + before, wanted + b"x", received + b"x")[1:],
        )

    def test_escapedContext(self) -> None:
        """The mark stands right where bytes before it are escaped."""
        self.assertEqual(
            ["  wanted    \\n\\na", "  received  \\n\\nb", " " * 16 + "^"],
            difference(b"\n\n", b"a", b"b")[1:],
        )

    def test_ended(self) -> None:
        """After the script's end nothing was wanted."""
        self.assertEqual(
            [HEAD + "the client goes on after the script has ended", "  received  more\\n"],
            difference(b"", b"", b"more\n", ended=True),
        )


class BinaryTests(SynchronousTestCase):
    """Binary is shown as hexadecimal and text."""

    def test_sides(self) -> None:
        """Both sides begin with what was equal."""
        self.assertEqual(
            [
                HEAD + "the client differs from the script",
                "  wanted (the difference is 2 bytes in):",
                "    00000000  ab cd 00 01                                      ....",
                "  received (the difference is 2 bytes in):",
                "    00000000  ab cd 61 62                                      ..ab",
            ],
            difference(b"\xab\xcd", b"\x00\x01", b"ab"),
        )

    def test_noContext(self) -> None:
        """At the first byte of a command nothing was equal."""
        self.assertEqual(
            [
                "  wanted:",
                "    00000000  00                                               .",
                "  received:",
                "    00000000  01                                               .",
            ],
            difference(b"", b"\x00", b"\x01")[1:],
        )

    def test_context(self) -> None:
        """As much is shown as of text."""
        lines = difference(bytes(CONTEXT + 1), b"\1" * 1000, b"\2" * 1000)
        self.assertEqual(f"  wanted (the difference is {CONTEXT} bytes in):", lines[1])
        shown = sum(len(line[14:61].split()) for line in lines if line.startswith("    "))
        self.assertEqual(2 * (CONTEXT + SHOWN), shown)

    def test_ended(self) -> None:
        """After the script's end nothing was wanted."""
        self.assertEqual(
            ["  received:", "    00000000  ff                                               ."],
            difference(b"", b"", b"\xff", ended=True)[1:],
        )

    def test_hexdump(self) -> None:
        """Rows are of 16 bytes; every byte that is not printable ASCII is a dot."""
        self.assertEqual(
            [
                "00000010  1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e  . !\"#$%&'()*+,-.",
                "00000020  7e 7f                                            ~.",
            ],
            list(hexdump(bytes(range(0x1F, 0x2F)) + b"~\x7f", start=16)),
        )
        self.assertEqual([], list(hexdump(b"")))


class DepartureTests(SynchronousTestCase):
    """A client that left is told what was still wanted."""

    def test_inCommand(self) -> None:
        """The rest of the command is shown."""
        self.assertEqual(
            HEAD + "the client left before the script's end\n  wanted    rest\\n",
            Departure(3, PLACE, 4, b"rest\n").describe(),
        )

    def test_binary(self) -> None:
        """It is shown as hexadecimal where it is binary."""
        self.assertEqual(
            HEAD + "the client left before the script's end\n"
            "  wanted:\n    00000000  00                                               .",
            Departure(3, PLACE, 4, b"\0").describe(),
        )

    def test_inAnswer(self) -> None:
        """Nothing is shown where nothing was wanted."""
        self.assertEqual(
            "exchange 3 (main.scripts[2]): the client left before it had the whole answer",
            Departure(3, PLACE, 4, b"").describe(),
        )


class BytesTests(SynchronousTestCase):
    """Bytes are compared and shown."""

    @examples(100)
    @given(st.binary(max_size=5), st.binary(max_size=5), st.binary(max_size=5))
    def test_firstDifference(self, same: bytes, one: bytes, other: bytes) -> None:
        """Both sides are equal up to the first difference, and one ends there or they differ."""
        one, other = same + one, same + other
        index = first_difference(one, other)
        self.assertGreaterEqual(index, len(same))
        self.assertEqual(one[:index], other[:index])
        if index < min(len(one), len(other)):
            self.assertNotEqual(one[index], other[index])
        else:
            self.assertEqual(index, min(len(one), len(other)))

    def test_escaped(self) -> None:
        """Quotes stay; backslashes and all that is not printable ASCII are escaped."""
        self.assertEqual("it's \"\\\\'\\t\\x00\\x7f\\xff", escaped(b"it's \"\\'\t\0\x7f\xff"))

    @examples(100)
    @given(st.binary())
    def test_unambiguous(self, data: bytes) -> None:
        """What is escaped can be read back, and stays on its line."""
        shown = escaped(data)
        self.assertEqual(data, shown.encode("ascii").decode("unicode_escape").encode("latin-1"))
        self.assertTrue(shown.isprintable())

    def test_readable(self) -> None:
        """Text may have one byte in ten that is not, besides tabs and ends of lines."""
        self.assertTrue(readable(b""))
        self.assertTrue(readable(b"\t\r\n"))
        self.assertTrue(readable(b"123456789\0"))
        self.assertFalse(readable(b"12345678\0"))
        for byte in (b"\x1f", b"\x7f", b"\x80"):
            self.assertFalse(readable(byte))
