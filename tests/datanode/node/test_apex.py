"""Tests for L{netsim.datanode.node.apex}."""

from __future__ import annotations

from datetime import UTC, datetime

from netsim.datanode.node.apex import make_source, read_name
from netsim.datanode.node.archive import Named
from netsim.datanode.node.fileoptions import ApexOptions
from tests.datanode.node.files import FilesTestCase

FIRST = datetime(2017, 7, 13, tzinfo=UTC).timestamp()
DAY = 86400


class NameTests(FilesTestCase):
    """What names of files tell."""

    def test_dates(self) -> None:
        for name in (
            "apex_humidity_20170713_20170714.dat",
            "_humidity_2017-07-13_2017-07-14.dat",
            "a_b_humidity_1499904000_1500076800.dat",
            "humidity_20170713_20170714.dat",
        ):
            self.assertEqual(read_name(name), Named("humidity", FIRST, FIRST + 2 * DAY), name)

    def test_does_not_tell(self) -> None:
        for name in ("apex_humidity_a_b.dat", "apex_humidity_20170714_20170712.dat"):
            named = read_name(name)
            self.assertEqual(named, Named("humidity"))
            assert named is not None
            self.assertFalse(named.tells)

    def test_others(self) -> None:
        for name in ("humidity.dat", "a_b.dat", "apex_humidity_20170713_20170714.txt", "new"):
            self.assertIsNone(read_name(name), name)


class SourceTests(FilesTestCase):
    """What is served."""

    def test_served(self) -> None:
        (self.directory / "targets").mkdir()
        for day in (13, 14, 15):
            self.write(
                f"targets/apex_humidity_201707{day}_201707{day}.dat",
                f"{FIRST + (day - 13) * DAY + 60} {day}\n{FIRST + (day - 13) * DAY + 120} 0\n",
            )
        config = ApexOptions()
        config.parseOptions(["--data-directory", str(self.directory)])
        source = make_source(config, None)
        self.assertEqual((source.name, source.blocking), ("apex_weather", True))
        (field,) = source.fields(FIRST, FIRST + DAY).fields
        self.assertEqual((field.name, field.timeline, field.units), ("humidity", "humidity", "%"))
        found = self.all_of(source, ["humidity"], FIRST + DAY, FIRST + DAY + 100)
        self.assertEqual(found, {"humidity": [(FIRST + DAY + 60, 14)]})
