"""Tests for L{netsim.datanode.node.weather}."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from zope.interface.verify import verifyObject

import netsim
from netsim.datanode import budget
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import Field
from netsim.datanode.node.weather import SHIPPED, Header, WeatherSource
from netsim.errors import DataFileError, LimitError
from tests.datanode.node.files import FilesTestCase


def unix(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


HEADER = "# {0}\n# {1}\n# {2}\n# anything\n"


class WeatherTestCase(FilesTestCase):
    """A test with a source of a directory."""

    def setUp(self) -> None:
        super().setUp()
        self.source = WeatherSource("weather", "The weather.", self.directory, 1 << 20)

    def put(self, name: str, lines: str, timeline: str = "weather", units: str = "%") -> None:
        self.write(f"{name}.dat", HEADER.format(f"The {name}", timeline, units) + lines)


class FieldsTests(WeatherTestCase):
    """Which fields there are."""

    def test_interface(self) -> None:
        verifyObject(ISource, self.source)

    def test_fields(self) -> None:
        self.put("wet", "0 1\n10 2\n20 3\n")
        self.put("cold", "0 1\n60 2\n", "slow", "None")
        catalogue = self.source.fields(1, 100)
        self.assertEqual(
            catalogue.fields,
            (
                Field("cold", "slow", "The cold"),
                Field("wet", "weather", "The wet", units="%"),
            ),
        )
        self.assertEqual(catalogue.intervals, {"slow": 60, "weather": 10})

    def test_no_header(self) -> None:
        self.write("a.dat", "1 2\n")
        catalogue = self.source.fields(0, 10)
        self.assertEqual(catalogue.fields, (Field("a", "a"),))
        self.assertEqual(catalogue.intervals, {"a": None})

    def test_others(self) -> None:
        """Other files of the directory are none of it."""
        self.write("a.txt", "1 2\n")
        self.assertEqual(self.source.fields(0, 10).fields, ())

    def test_new_file(self) -> None:
        self.source.fields(0, 10)
        self.put("a", "1 2\n")
        self.assertEqual([field.name for field in self.source.fields(0, 10).fields], ["a"])

    def test_once(self) -> None:
        self.put("a", "1 2\n")
        self.source.fields(0, 10)
        self.assertEqual(self.opened, ["a.dat"])
        self.source.fields(0, 10)
        self.assertEqual(self.opened, ["a.dat"])

    def test_directory_vanished(self) -> None:
        self.directory.rmdir()
        error = self.assertRaises(DataFileError, self.source.fields, 0, 10)
        self.assertEqual(str(error), f"{self.directory}: No such file or directory")


class BlocksTests(WeatherTestCase):
    """What there is in an interval."""

    def test_interval(self) -> None:
        self.put("a", "10 1\n20 2\n30 3\n")
        (block,) = self.source.blocks(["a"], 10, 30)
        self.assertEqual(block.timeline, "weather")
        self.assertEqual(block.t.tolist(), [10, 20])
        self.assertEqual(block.columns["a"].tolist(), [1, 2])

    def test_nothing(self) -> None:
        self.put("a", "10 1\n")
        for start, end in ((0, 10), (11, 20), (20, 0), (10, 10)):
            self.assertEqual(self.source.blocks(["a"], start, end), [])

    def test_shared(self) -> None:
        """Fields of one timeline share their times, and they are in memory once."""
        self.put("a", "10 1\n20 2\n")
        self.put("b", "10 3\n20 4\n")
        (block,) = self.source.blocks(["a", "b"], 15, 30)
        self.assertEqual(block.t.tolist(), [20])
        self.assertEqual(
            {name: v.tolist() for name, v in block.columns.items()}, {"a": [2], "b": [4]}
        )
        paths = [self.directory / "a.dat", self.directory / "b.dat"]
        first, second = (self.source._readings.get(path) for path in paths)
        self.assertIs(first.t, second.t)

    def test_other_times(self) -> None:
        self.put("a", "10 1\n20 2\n")
        self.put("b", "20 4\n30 5\n")
        (block,) = self.source.blocks(["a", "b"], 0, 100)
        self.assertEqual(block.t.tolist(), [10, 20, 30])
        self.assertTrue(math.isnan(block.columns["a"][2]))
        self.assertEqual(block.columns["b"][1:].tolist(), [4, 5])

    def test_timelines(self) -> None:
        self.put("a", "10 1\n")
        self.put("b", "10 1\n", "slow")
        blocks = self.source.blocks(["a", "b"], 0, 100)
        self.assertEqual(
            sorted((block.timeline, *block.columns) for block in blocks),
            [("slow", "b"), ("weather", "a")],
        )

    def test_unknown(self) -> None:
        """A name is no path."""
        self.put("a", "10 1\n")
        (self.directory.parent / "secret.dat").write_text("10 1\n")
        self.addCleanup((self.directory.parent / "secret.dat").unlink)
        self.assertEqual(self.source.blocks(["b", "../secret", ""], 0, 100), [])

    def test_repeated(self) -> None:
        self.put("a", "10 1\n")
        self.assertEqual(len(self.source.blocks(["a", "a"], 0, 100)), 1)

    def test_only_asked(self) -> None:
        self.put("a", "10 1\n")
        self.put("b", "10 1\n")
        self.opened.clear()
        for _ in range(2):
            self.source.blocks(["b"], 0, 100)
        self.assertEqual(self.opened, ["b.dat"])

    def test_grows(self) -> None:
        self.put("a", "10 1\n20")
        self.assertEqual(self.all_of(self.source, ["a"]), {"a": [(10, 1)]})
        self.append("a.dat", " 2\n")
        self.assertEqual(self.all_of(self.source, ["a"]), {"a": [(10, 1), (20, 2)]})

    def test_finalized(self) -> None:
        """What lies before the last sample does not change."""
        self.put("a", "10 1\n20 2\n30 3\n")
        self.put("b", "10 1\n20 2\n")

        def until(names: list[str], end: float) -> float | None:
            (block,) = self.source.blocks(names, 0, end)
            return block.finalized_until

        self.assertEqual(until(["a"], 100), 30)
        self.assertEqual(until(["a", "b"], 100), 20)
        self.assertIsNone(until(["a"], 30))
        self.assertIsNone(until(["a"], 25))


class BudgetTests(WeatherTestCase):
    """How much of it is taken into memory."""

    def test_too_much(self) -> None:
        """Files that are too large together are one too many, each of them is not."""
        for name in "ab":
            self.put(name, "".join(f"{t} 1\n" for t in range(100)))
        self.patch(budget, "MOST", 6000)
        self.assertEqual(len(self.source.blocks(["a"], 0, 100)), 1)
        self.assertRaises(LimitError, self.source.blocks, ["a", "b"], 0, 100)


class TroubleTests(WeatherTestCase):
    """Damage does not take a query down."""

    def test_damaged_lines(self) -> None:
        self.put("a", "10 1\nx\n20 2\n")
        with self.logged() as texts:
            for _ in range(2):
                self.source.fields(0, 100)
                self.assertEqual(self.all_of(self.source, ["a"]), {"a": [(10, 1), (20, 2)]})
        self.assertEqual(texts, [f"{self.directory}/a.dat: damaged lines left out: 1"])
        self.append("a.dat", "y\nz\n")
        with self.logged() as texts:
            self.all_of(self.source, ["a"])
        self.assertEqual(texts, [f"{self.directory}/a.dat: damaged lines left out: 3"])

    def test_repaired(self) -> None:
        self.put("a", "x\n")
        with self.logged():
            self.all_of(self.source, ["a"])
        self.put("a", "10 1\n")
        with self.logged() as texts:
            self.all_of(self.source, ["a"])
        self.assertEqual(texts, [f"{self.directory}/a.dat: it is read again, and not damaged"])

    def test_unreadable(self) -> None:
        """The others are served."""
        self.write("b.dat", "")
        (self.directory / "b.dat").unlink()
        (self.directory / "b.dat").mkdir()
        self.put("a", "10 1\n")
        with self.logged() as texts:
            names = [field.name for field in self.source.fields(0, 100).fields]
            self.assertEqual(names, ["a"])
            for _ in range(2):
                self.assertEqual(list(self.all_of(self.source, ["b", "a"])), ["a"])
        reason = f"{self.directory}/b.dat: it is no regular file; the file is left out"
        self.assertEqual(texts, [reason])


class HeaderTests(FilesTestCase):
    """What a header tells."""

    def test_full(self) -> None:
        header = Header.read(("Air pressure", "weather", "hPa", "x"), "a")
        self.assertEqual(header, Header("weather", "Air pressure", "hPa"))

    def test_short(self) -> None:
        self.assertEqual(Header.read(("Air pressure",), "a"), Header("a", "Air pressure"))
        self.assertEqual(Header.read((), "a"), Header("a"))

    def test_nothing(self) -> None:
        self.assertEqual(Header.read(("", "-", "None"), "a"), Header("a"))


class ShippedTests(FilesTestCase):
    """The files that ship."""

    fields = ("humidity", "pressure", "radiometer", "temperature", "windspeed")

    def setUp(self) -> None:
        super().setUp()
        self.source = WeatherSource("apex_archive", "", SHIPPED, 1 << 20)

    def test_fields(self) -> None:
        catalogue = self.source.fields(1, unix(2026, 1, 1))
        names = [f"apex_{name}" for name in self.fields]
        self.assertEqual([field.name for field in catalogue.fields], names)
        for field in catalogue.fields:
            self.assertIsNotNone(field.description)
            self.assertIsNotNone(field.units)
        self.assertEqual(catalogue.intervals, {"weather": 600, "radiometer": 1200})

    def test_every_day(self) -> None:
        """The walk-through of the document shows data from 13 to 28 July 2017."""
        for day in range(13, 28):
            start = unix(2017, 7, day)
            found = self.all_of(self.source, ["apex_radiometer"], start, start + 86400)
            self.assertEqual(len(found["apex_radiometer"]), 72)
        start = unix(2017, 7, 28)
        found = self.all_of(self.source, ["apex_radiometer"], start, start + 86400)
        self.assertEqual(len(found["apex_radiometer"]), 1)

    def test_not_damaged(self) -> None:
        with self.logged() as texts:
            found = self.all_of(self.source, [f"apex_{name}" for name in self.fields])
        self.assertEqual(len(found), 5)
        self.assertEqual(texts, [])

    def test_small(self) -> None:
        self.assertLess(sum(path.stat().st_size for path in SHIPPED.iterdir()), 400_000)

    def test_reproducible(self) -> None:
        """The script makes them as they are."""
        script = Path(netsim.__file__).parents[1] / "etc" / "make_weather.py"
        spec = spec_from_file_location("make_weather", script)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        module.main(self.directory)
        for path in self.directory.iterdir():
            self.assertEqual(path.read_bytes(), (SHIPPED / path.name).read_bytes(), path.name)
