"""L{netsim.datanode.decimals}."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from unittest import mock

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import decimals
from netsim.datanode.decimals import parse
from tests.properties import examples

FLOATS = st.floats(allow_nan=False)
FORMATS = [
    "{:.3f}",
    "{:.6e}",
    "{!r}",
    "{:g}",
    "{:+.1f}",
    "{:.17g}",
    "{:08.2f}",
    "{:.0f}.",
    "{:.2E}",
]
WORDS = [
    "nan",
    "-inf",
    "Infinity",
    ".5",
    "5.",
    "-.5",
    "+7",
    "1e5",
    "1E-5",
    "-0",
    "0e0",
    "007",
    "1_0",
]
LARGE = [
    "9007199254740993",
    "9007199254740992",
    "123456789012345678",
    "1e22",
    "1e23",
    "0" * 30 + "1",
]
JUNK = [
    "",
    "-",
    ".",
    "e",
    "1e",
    "--1",
    "1-2",
    "1.2.3",
    "+-1",
    "x",
    "1e5.5",
    "\xe9",
    "-e5",
    "#1",
    "1,5",
]

numbers = st.one_of(
    st.builds(str.format, st.sampled_from(FORMATS), FLOATS),
    st.builds("{:.4f}".format, st.floats(-1e3, 1e3)),
    st.builds(str.format, st.sampled_from(["{}", "{}.{}", "-{}.{}"]), *[st.integers(0, 10**9)] * 2),
    st.sampled_from(WORDS + LARGE),
)
fields = numbers | st.sampled_from(JUNK)
blanks = st.sampled_from([" ", " ", " ", "\t", "   "])
ends = st.sampled_from(["\n", "\n", "\n", "\r\n", " \n", "\n\n", "\n# said\n"])


def slowly(buffer: bytes, columns: int, separator: bytes | None) -> tuple[list[list[float]], int]:
    """Read it as one does in Python."""
    rows: list[list[float]] = []
    bad = 0
    for line in buffer.split(b"\n"):
        if not line.strip() or line.strip().startswith(b"#"):
            continue
        try:
            row = [float(x) if x.strip() else math.nan for x in line.split(separator)]
        except ValueError:
            row = []
        if len(row) == columns:
            rows.append(row)
        else:
            bad += 1
    return rows, bad


def bits(rows: Iterable[Sequence[float]]) -> list[bytes]:
    """What floats are in memory."""
    return [struct.pack(f"{len(row)}d", *row) for row in rows]


class DecimalsCase(SynchronousTestCase):
    """What compares with Python."""

    def check(self, buffer: bytes, columns: int = 2, separator: bytes | None = None) -> int:
        parsed = parse(buffer, columns, separator)
        rows, bad = slowly(buffer, columns, separator)
        self.assertEqual((len(rows), columns), parsed.values.shape)
        self.assertEqual(bits(rows), bits(parsed.values.tolist()))
        self.assertEqual(bad, parsed.bad)
        return len(rows)


class ParseTests(DecimalsCase):
    """Text of a few lines."""

    def test_columns(self) -> None:
        """Each line is a row; columns are whole in memory."""
        parsed = parse(b"1500000000.100 12.3456\n1500000000.200 -3.25\n")
        self.assertEqual([[1500000000.1, 12.3456], [1500000000.2, -3.25]], parsed.values.tolist())
        self.assertEqual(0, parsed.bad)
        self.assertTrue(parsed.values[:, 1].flags.c_contiguous)

    def test_nothing(self) -> None:
        """There may be no line, or none with numbers."""
        for buffer in (b"", b"\n", b"\n\n \n", b"# a\n#b\n", b"  # a"):
            self.assertEqual(0, self.check(buffer))

    def test_passedOver(self) -> None:
        """Blank lines and comments are no damage, wherever they are."""
        self.assertEqual(2, self.check(b"# t x\n1 2\n\n \t\r\n # more\n3 4\n#"))

    def test_ends(self) -> None:
        """Lines end in either way; the last one need not."""
        self.assertEqual(3, self.check(b"1 2\r\n3 4\n5 6"))
        self.assertEqual(1, self.check(b"1.5 2"))

    def test_blanks(self) -> None:
        """Any blanks and tabs are around numbers."""
        self.assertEqual(4, self.check(b" 1 2\n1  2 \n\t1\t \t2\t\r\n1 2\n"))

    def test_damaged(self) -> None:
        """They are counted; others are read."""
        damaged = [f"{word} 1\n".encode("latin-1") for word in JUNK] + [b"1 2 3\n", b"1\n"]
        for line in damaged:
            if line != b"#1 1\n":
                self.assertEqual(1, parse(line).bad, line)
                self.assertEqual(1, self.check(b"1 2\n" + line), line)
        self.assertEqual(5, self.check(b"1 2\n" * 5 + b"".join(damaged)))

    def test_signs(self) -> None:
        """Signs that are in a wrong place are damage, in the middle of many good lines, too."""
        good = b"".join(b"%d.5 %d.25\n" % (place, -place) for place in range(10))
        for word in (b"1-2.5", b"-", b"--1.5", b"1.5-", b"1.-5", b"+-.5", b"1+", b"12345678-9.5"):
            self.assertEqual(10, self.check(good + b"1.5 " + word + b"\n"), word)
            self.assertEqual(10, self.check(b"1" + word + b" 1.5\n" + good), word)

    def test_large(self) -> None:
        """What floats cannot hold exactly is rounded as C{float} does it."""
        for word in LARGE + ["9" * size for size in range(1, 40)]:
            for form in (f"1 {word}\n", f"1 {word}.5\n2 -.{word}\n", f"{word}e-5 {word}e30\n"):
                self.check(form.encode())
                self.check(form.encode() * 3)

    def test_points(self) -> None:
        """Wherever the decimal point is among the digits."""
        digits = "1234567890123456789"
        for size in range(1, 20):
            for point in range(size + 1):
                word = f"{digits[:point]}.{digits[point:size]}"
                self.check(f"1 {word}\n{word} -{word}\n{word}e-{point} 1\n".encode())

    def test_exponents(self) -> None:
        """Small ones, large ones, and those beyond all floats."""
        for power in [*range(-30, 31), -400, 400, 10**9, -(10**20)]:
            self.check(f"1.5e{power} -25E{power:+}\n1e{power:05} 0e{power}\n".encode() * 2)

    def test_separator(self) -> None:
        """Fields may be apart by a character, with nothing for what is missing."""
        text = b"1,2,3\n4, 5 ,-6.5\n7,,8\n,,\n1,2\n1 2 3\n1,2,3,\n1,x,2\r\n"
        self.assertEqual(4, self.check(text, 3, b","))
        self.assertEqual(1, self.check(b"1;2\n1,2\n", 2, b";"))
        self.assertEqual(2, self.check(b"1\t2\n1\t\t2\n1\t\r\n", 2, b"\t"))

    def test_manyColumns(self) -> None:
        """There may be one column, or many."""
        self.assertEqual(2, self.check(b"1.5\n2\n1 2\n", 1))
        lines = [" ".join(f"{row * 7 + place}.{place}" for place in range(20)) for row in range(9)]
        self.assertEqual(9, self.check("\n".join(lines).encode(), 20))
        lines[3] = lines[3].replace(".5", ",5")
        lines[4] = lines[4].replace(".5", "e5")
        self.assertEqual(8, self.check("\n".join(lines).encode(), 20))

    def test_overlapping(self) -> None:
        """A point that looks like that of either number is that of one."""
        self.assertEqual(2, self.check(b"1.5 2.123456\n1.5 2345\n"))

    def test_manyLayouts(self) -> None:
        """More layouts than are searched for do not matter."""
        blanks = [" " * size + "1 2" + "\t" * (size % 7) + "\n" for size in range(120)]
        self.assertEqual(240, self.check("".join(blanks * 2).encode()))


class ManyLinesTests(DecimalsCase):
    """Text of several chunks."""

    def setUp(self) -> None:
        self.patch(decimals, "CHUNK", 1000)
        random = np.random.default_rng(1)
        self.t = (1.5e9 + np.arange(300) * 0.1).tolist()
        self.x = (random.normal(size=300) * 20).tolist()

    def text(self, time: str, value: str) -> bytes:
        lines = (
            f"{time.format(t)} {value.format(x)}\n" for t, x in zip(self.t, self.x, strict=True)
        )
        return "".join(lines).encode()

    def test_formats(self) -> None:
        """Lines as programs write them."""
        for time in ("{:.3f}", "{:.6f}", "{:.0f}", "{!r}", "{:.18e}"):
            for value in ("{:.4f}", "{:9.4f}", "{:.6e}", "{:g}", "{!r}", "{:.18e}", "{:.0f}"):
                self.assertEqual(300, self.check(self.text(time, value)), (time, value))

    def test_mixed(self) -> None:
        """Lines of several formats, with damage."""
        formats = ("{:.4f}", "{:.6e}", "{:g}", "{!r}", "{:.2f}x")
        texts = [self.text("{:.3f}", value).splitlines(True) for value in formats]
        lines = [texts[place % 5][place] for place in range(300)]
        self.assertEqual(240, self.check(b"".join(lines)))

    def test_longLine(self) -> None:
        """A line that is longer than a chunk is a line."""
        self.assertEqual(3, self.check(b"1 2\n" + b" " * 5000 + b"3 4\n#" + b"x" * 3000 + b"\n5 6"))

    def test_quick(self) -> None:
        """Lines as they usually are do not come to be read one by one."""
        with mock.patch.object(decimals, "_floats", side_effect=AssertionError):
            for value in ("{:.4f}", "{:.6e}", "{:g}", "{:+.2f}"):
                for time in ("{:.3f}", "{:.6f}"):
                    parse(self.text(time, value))
                    parse(
                        self.text(time, value).replace(b" ", b", ").replace(b"\n", b"\r\n"), 2, b","
                    )


class PropertyTests(DecimalsCase):
    """Whatever the text is, it is read as Python reads it."""

    @given(st.lists(st.tuples(numbers, blanks, numbers, ends), max_size=12), st.integers(10, 200))
    @examples(300)
    def test_numbers(self, lines: list[tuple[str, ...]], chunk: int) -> None:
        """Good lines."""
        with mock.patch.object(decimals, "CHUNK", chunk):
            self.check("".join(part for line in lines for part in line).encode())

    @given(st.lists(st.tuples(fields, blanks, fields, ends), max_size=12))
    @examples(300)
    def test_damaged(self, lines: list[tuple[str, ...]]) -> None:
        """Good and damaged lines."""
        self.check("".join(part for line in lines for part in line).encode("latin-1"))

    @given(st.text("0123456789.-+eE #,\t\r\nxn\0", max_size=60), st.sampled_from([None, b","]))
    @example("1-2 3.5\n4.5 6\n", None)
    @examples(500)
    def test_anything(self, text: str, separator: bytes | None) -> None:
        """Any characters of those that matter."""
        self.check(text.encode(), 2, separator)

    @given(st.sampled_from(FORMATS), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
    @examples(200)
    def test_format(self, form: str, values: list[float]) -> None:
        """Many lines of one format."""
        self.check("".join(f"{1.5e9 + x:.3f} {form.format(x)}\n" for x in values).encode())
