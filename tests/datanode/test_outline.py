"""Tests for L{netsim.datanode.outline}."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.outline import ENDS, Outline, Outliner, mean_interval
from netsim.datanode.textfile import TextReader


class OutlinerTests(SynchronousTestCase):
    """What the ends of a file tell."""

    def outline(self, text: str, titled: bool = False) -> Outline:
        path = Path(self.mktemp())
        path.write_bytes(text.encode())
        return Outliner(TextReader(titled))(path)

    def test_small(self) -> None:
        outline = self.outline("# a\n# b\n10 1\n20 1\n30 1\n")
        self.assertEqual(outline, Outline(("a", "b"), 10, 30, 10))

    def test_large(self) -> None:
        """Only its ends are read."""
        lines = [f"{time} 1" for time in range(100_000, 140_000, 10)]
        lines[len(lines) // 2] = "900000 1"
        text = "\n".join(lines) + "\n"
        self.assertGreater(len(text), 2 * ENDS)
        outline = self.outline(text)
        self.assertEqual((outline.first, outline.last), (100_000, 139_990))
        self.assertEqual(outline.interval, 10)

    def test_every_size(self) -> None:
        """The two parts neither miss nor repeat a line, wherever they meet."""
        for count in (1, 2, *range(1819, 1824), 2047, 2048, 2049, 3000, 4095, 4096, 4097):
            text = "".join(f"{time} 1\n" for time in range(100_000, 100_000 + count))
            outline = self.outline(text)
            self.assertEqual((outline.first, outline.last), (100_000, 99_999 + count))
            self.assertEqual(outline.interval, 1 if count > 1 else None)

    def test_unfinished(self) -> None:
        outline = self.outline("10 1\n20 1\n30")
        self.assertEqual((outline.first, outline.last), (10, 20))

    def test_one_unfinished(self) -> None:
        self.assertEqual(self.outline("10 1"), Outline())

    def test_empty(self) -> None:
        self.assertEqual(self.outline(""), Outline())
        self.assertEqual(self.outline("", titled=True), Outline())

    def test_header_only(self) -> None:
        self.assertEqual(self.outline("# a\n"), Outline(("a",)))

    def test_title(self) -> None:
        outline = self.outline("Day PWV\n10 1\n", titled=True)
        self.assertEqual(outline, Outline(("Day PWV",), 10, 10))

    def test_mark(self) -> None:
        outline = self.outline("\ufeff# a\n10 1\n")
        self.assertEqual(outline, Outline(("a",), 10, 10))

    def test_disorder(self) -> None:
        outline = self.outline("20 1\n10 1\n")
        self.assertEqual((outline.first, outline.last), (10, 20))

    def test_garbage(self) -> None:
        path = Path(self.mktemp())
        path.write_bytes(b"\xff\x00\n" * 20_000)
        self.assertEqual(Outliner(TextReader())(path), Outline())


class IntervalTests(SynchronousTestCase):
    """How far readings are apart."""

    def test_regular(self) -> None:
        self.assertEqual(mean_interval(np.arange(0, 100, 2.5)), 2.5)

    def test_jitter(self) -> None:
        self.assertEqual(mean_interval(np.array([0.0, 1.0, 2.2, 3.0, 4.0])), 1.0)

    def test_gap(self) -> None:
        t = np.concatenate([np.arange(0.0, 20), np.arange(5000.0, 5020)])
        self.assertEqual(mean_interval(t), 1.0)

    def test_between_parts(self) -> None:
        self.assertEqual(mean_interval(np.array([0.0, 1.0]), np.array([9.0, 10.0])), 1.0)

    def test_aperiodic(self) -> None:
        self.assertIsNone(mean_interval(np.array([0.0, 1, 11, 12, 112, 113, 150])))

    def test_bursts(self) -> None:
        steps = [10.0] * 6 + [0.1] * 4
        self.assertIsNone(mean_interval(np.cumsum(steps)))

    def test_too_few(self) -> None:
        self.assertIsNone(mean_interval(np.array([1.0])))
        self.assertIsNone(mean_interval(np.empty(0), np.empty(0)))
