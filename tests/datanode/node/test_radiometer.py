"""Tests for L{netsim.datanode.node.radiometer}."""

from __future__ import annotations

from datetime import UTC, datetime

from netsim.datanode.node.archive import Named
from netsim.datanode.node.fileoptions import RadiometerOptions
from netsim.datanode.node.radiometer import make_source, read_name
from tests.datanode.node.files import FilesTestCase


def unix(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


class NameTests(FilesTestCase):
    """What names of files tell."""

    def test_year_and_day(self) -> None:
        expected = Named("pwv", unix(2018, 7, 21), unix(2018, 7, 22))
        self.assertEqual(read_name("PWV_UCSC_2018-202.txt"), expected)

    def test_day_and_year(self) -> None:
        """As they were called until day 201 of 2018."""
        expected = Named("pwv", unix(2018, 7, 20), unix(2018, 7, 21))
        self.assertEqual(read_name("PWV_UCSC_201-2018.txt"), expected)

    def test_ends_of_years(self) -> None:
        self.assertEqual(
            read_name("PWV_UCSC_2019-001.txt"), Named("pwv", unix(2019, 1, 1), unix(2019, 1, 2))
        )
        self.assertEqual(
            read_name("PWV_UCSC_2020-366.txt"), Named("pwv", unix(2020, 12, 31), unix(2021, 1, 1))
        )

    def test_others(self) -> None:
        for name in (
            "PWV_UCSC_2018.txt",
            "PWV_UCSC_2018-202.dat",
            "PWV_UCSC_2018-000.txt",
            "PWV_UCSC_2018-367.txt",
            "PWV_UCSC_0000-001.txt",
            "PWV_UCSC_2018-2018.txt",
        ):
            self.assertIsNone(read_name(name), name)


class SourceTests(FilesTestCase):
    """What is served."""

    def setUp(self) -> None:
        super().setUp()
        (self.directory / "PWV").mkdir()
        config = RadiometerOptions()
        config.parseOptions(["--data-directory", str(self.directory)])
        self.source = make_source(config, None)

    def test_name(self) -> None:
        self.assertEqual((self.source.name, self.source.blocking), ("ucsc_radiometer", True))

    def test_served(self) -> None:
        self.write("PWV/PWV_UCSC_001-2018.txt", "Day PWV\n1.0 0.5\n1.5 NaN\n\n1.6 inf\n1.75 0.75\n")
        self.write("PWV/PWV_UCSC_2018-202.txt", "Day PWV\n202.25 1.5\n202.5 1.25\n")
        (field,) = self.source.fields(1, unix(2026, 1, 1)).fields
        self.assertEqual((field.name, field.timeline, field.units), ("pwv", "pwv", "mm"))
        with self.logged() as texts:
            found = self.all_of(self.source, ["pwv"])
        self.assertEqual(
            found["pwv"],
            [
                (unix(2018, 1, 1), 0.5),
                (unix(2018, 1, 1, 18), 0.75),
                (unix(2018, 7, 21, 6), 1.5),
                (unix(2018, 7, 21, 12), 1.25),
            ],
        )
        # Neither the header nor what is no number is damage.
        self.assertEqual(texts, [])

    def test_interval(self) -> None:
        lines = "".join(f"{202 + minute / 1440:.8f} 1\n" for minute in range(1440))
        self.write("PWV/PWV_UCSC_2018-202.txt", f"Day PWV\n{lines}")
        catalogue = self.source.fields(1, unix(2026, 1, 1))
        interval = catalogue.intervals["pwv"]
        assert interval is not None
        self.assertAlmostEqual(interval, 60, 2)

    def test_grows(self) -> None:
        self.write("PWV/PWV_UCSC_2018-202.txt", "Day PWV\n202.25 1.5\n202.")
        self.assertEqual(len(self.all_of(self.source, ["pwv"])["pwv"]), 1)
        self.append("PWV/PWV_UCSC_2018-202.txt", "5 1.25\n")
        found = self.all_of(self.source, ["pwv"])["pwv"]
        self.assertEqual(found[1:], [(unix(2018, 7, 21, 12), 1.25)])

    def test_years_of_days(self) -> None:
        """Of years of files one is opened to find a day."""
        for day in range(1, 366):
            self.write(f"PWV/PWV_UCSC_2019-{day:03}.txt", f"Day PWV\n{day}.5 {day}\n")
        start = unix(2019, 4, 10)
        found = self.all_of(self.source, ["pwv"], start, start + 86400)
        self.assertEqual(found, {"pwv": [(start + 43200, 100)]})
        self.assertLessEqual(len(self.opened), 4)
