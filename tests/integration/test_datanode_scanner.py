"""The scanner of .g3 files as a process, into SQLite and a real MariaDB; and what nodes read."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from netsim.datanode.database import Database, read_url
from netsim.datanode.model import WEB
from netsim.datanode.node.files import make_cache
from netsim.datanode.node.g3 import G3Source
from netsim.datanode.node.g3contents import Loader
from netsim.datanode.node.g3index import Index
from tests.datanode.g3files import FEED, Block, require_so3g, write
from tests.integration.mariadb import PASSWORD, MariaDb
from tests.integration.processes import SLACK, IntegrationTestCase, Process, eventually, netsim
from tests.integration.routers import Hub
from tests.integration.wamp import Member, WampError

T0 = 1552927915.76223
TABLES = ("feeds", "fields", "description", "netsim_files", "netsim_fields")
OLD = 3600.0
"""Seconds since what is not being written any more was written."""
SOON = 2.0 + SLACK
"""Seconds within which a process that was told to ends."""


class ScannerTestCase(IntegrationTestCase):
    """A test with a directory of files."""

    def setUp(self) -> None:
        super().setUp()
        require_so3g()
        self.data = self.directory / "data"
        self.data.mkdir()
        self.sqlite = self.directory / "x.sqlite"

    def write(self, name: str, *blocks: Block, version: int = 2, age: float = OLD) -> Path:
        """Write a file that looks as if that was some time ago."""
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, *(blocks or [block()]), version=version)
        self.make_old(path, age)
        return path

    def make_old(self, path: Path, age: float = OLD) -> None:
        then = time.time() - age
        os.utime(path, (then, then))

    def scanner(
        self, *arguments: str, environment: Mapping[str, str] | None = None, database: str = ""
    ) -> Process:
        """Start a scanner."""
        if environment is None:
            arguments = (f"--database={database or self.sqlite}", *arguments)
        command = [*netsim("netsim-scanner"), f"--data-directory={self.data}", *arguments]
        return self.start(*command, environment=environment)

    def scan(self, **more: Any) -> Process:
        """Scan once; that has to work."""
        scanner = self.scanner("--once", **more)
        self.check_status(scanner, 0)
        return scanner

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """What the file of SQLite has, in order."""
        with closing(sqlite3.connect(self.sqlite)) as database:
            try:
                return sorted(database.execute(f"SELECT * FROM {table}"), key=repr)
            except sqlite3.OperationalError:
                return []

    def fields(self) -> list[str]:
        """Names that the table of the document has."""
        return [name for (name,) in self.rows("description")]

    def source(self, url: str, password: str | None = None) -> G3Source:
        """What a node would serve."""
        database = Database(read_url(url, password))
        self.addCleanup(database.close)
        return G3Source("g3_reader", "", Index(database), make_cache(1 << 24, Loader(1 << 24)))


def block(
    start: float = T0, count: int = 10, names: Sequence[str] = ("Channel 1",), **more: Any
) -> Block:
    """So many seconds of sines."""
    t = [start + second for second in range(count)]
    return Block(t, {name: [float(np.sin(each)) for each in t] for name in names}, **more)


class FilesTests(ScannerTestCase):
    def test_good_and_bad_files(self) -> None:
        """All that can be read is, and the rest is told once."""
        self.write("good.g3")
        self.write("old/form.g3", block(names=["Channel 2"]), version=0)
        data = self.write("cut.g3", block(names=["Channel 3"]), block(T0 + 99)).read_bytes()
        (self.data / "cut.g3").write_bytes(data[:-5])
        self.make_old(self.data / "cut.g3")
        (self.data / "none.g3").write_text("unix_time value\n" * 10_000)
        (self.data / "empty.g3").touch()
        (self.data / "other.txt").write_bytes(data)
        scanner = self.scan()
        self.assertIn("5 files, 5 read, 2 damaged", scanner.stderr)
        self.assertIn("none.g3: it is no .g3 file", scanner.stderr)
        self.assertIn("cut.g3: it is cut off", scanner.stderr)
        self.assertEqual(self.fields(), [f"{FEED}.Channel {number}" for number in (1, 2, 3)])
        again = self.scan()
        self.assertIn("5 files, 0 read,", again.stderr)
        self.assertNotIn("none.g3", again.stderr)
        self.assertIn(
            f"netsim-scanner scanning {self.data} into sqlite:///{self.sqlite}\n", again.stdout
        )

    def test_file_that_grows(self) -> None:
        """One that is being written is passed over, and read when it is whole."""
        whole = self.write("1.g3", block(count=100), block(T0 + 100, 5)).read_bytes()
        path = self.data / "1.g3"
        path.write_bytes(whole[: len(whole) // 2])
        scanner = self.scanner("--interval=0.2")
        scanner.logs("1 files, 0 read, 1 still being written")
        self.assertEqual(self.fields(), [])
        path.write_bytes(whole)
        scanner.logs("1 files, 1 read")
        [(_, _, _, end)] = self.rows("fields")
        self.assertEqual(datetime.fromisoformat(f"{end}+00:00").timestamp(), T0 + 104)
        with path.open("ab") as file:
            file.write(write(self.directory / "more.g3", block(T0 + 200, 3)).read_bytes())
        later = lambda: self.rows("fields")[0][3] > end  # noqa: E731
        eventually(later, lambda: f"the rest of the file: {scanner}")
        self.check_stopped(scanner)
        self.assertEqual(len(self.rows("feeds")), 1)

    def test_new_files(self) -> None:
        """They are found while it runs."""
        scanner = self.scanner("--interval=0.2")
        scanner.logs("0 files, 0 read")
        self.write("a/1.g3")
        eventually(self.fields, lambda: str(scanner))
        self.check_stopped(scanner)

    def test_stops_soon(self) -> None:
        """In the midst of a long scan it ends, and the next one goes on."""
        path = self.write("0.g3", *[block(T0 + 100 * n, 100) for n in range(300)])
        for number in range(1, 150):
            shutil.copy2(path, self.data / f"{number}.g3")
        scanner = self.scanner()
        eventually(lambda: len(self.rows("feeds")) > 2, lambda: str(scanner))
        began = time.monotonic()
        self.check_stopped(scanner)
        self.assertLess(time.monotonic() - began, SOON)
        written = len(self.rows("feeds"))
        self.assertLess(written, 150)
        self.assertIn("broken off", scanner.stderr)
        self.assertEqual(len(self.rows("fields")), written)
        scanner = self.scanner()
        eventually(lambda: len(self.rows("feeds")) > written, lambda: str(scanner))
        self.check_stopped(scanner)

    def test_killed(self) -> None:
        """Whatever it was doing, no file is written down in parts."""
        names = [f"field {number}" for number in range(300)]
        path = self.write("0.g3", block(count=1, names=names))
        for number in range(1, 100):
            shutil.copy2(path, self.data / f"{number}.g3")
        scanner = self.scanner()
        eventually(lambda: len(self.rows("feeds")) > 2, lambda: str(scanner))
        scanner.stop(signal.SIGKILL)
        self.assertEqual(len(self.rows("fields")), 300 * len(self.rows("netsim_files")))
        self.scan()
        self.assertEqual(len(self.rows("fields")), 300 * 100)
        self.assertEqual(len(self.rows("feeds")), 100)

    def test_no_directory(self) -> None:
        """It is told before anything begins, and when it goes away."""
        shutil.rmtree(self.data)
        scanner = self.scanner()
        self.check_status(scanner, 1)
        self.assertIn("--data-directory: there is no directory", scanner.stdout + scanner.stderr)
        self.data.mkdir()
        scanner = self.scanner("--interval=0.2")
        scanner.logs("0 files, 0 read")
        shutil.rmtree(self.data)
        scanner.logs("cannot scan: .*No such file or directory.*tried again")
        self.data.mkdir()
        self.write("1.g3")
        eventually(self.fields, lambda: str(scanner))

    def test_database_that_cannot_be(self) -> None:
        """With --once the exit status tells."""
        self.sqlite.write_text("no database, but a text" * 100)
        scanner = self.scanner("--once")
        self.check_status(scanner, 1)
        self.assertIn("file is not a database", scanner.stderr)


class TwoScannersTests(ScannerTestCase):
    def test_sqlite(self) -> None:
        """Two scanners of a directory write each file once."""
        self.check({"database": str(self.sqlite)}, lambda: self.rows("fields"))

    def test_mariadb(self) -> None:
        server = MariaDb(self)
        asked = "SELECT filename, prov_id, field FROM fields JOIN feeds ON id = feed_id"
        self.check({"environment": server.environment}, lambda: server.ask(asked))

    def check(self, where: Any, rows: Any) -> None:
        names = [f"field {number}" for number in range(20)]
        path = self.write("0.g3", block(names=names))
        for number in range(1, 60):
            shutil.copy2(path, self.data / f"{number}.g3")
        scanners = [self.scanner("--once", **where) for _ in range(2)]
        for scanner in scanners:
            self.check_status(scanner, 0)
        self.scan(**where)
        self.assertEqual(len(rows()), 60 * 20)


class MariaDbTests(ScannerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = MariaDb(self)

    def test_same_as_sqlite(self) -> None:
        """The same rows, and the same data, whichever database it is."""
        awkward = ["a", "A", "ä", "a ", "🌡", "'; DROP TABLE feeds", "%s", "x" * 200, ""]
        self.write("1.g3", block(), block(T0 + 0.5, 3, ["i"], name="other"))
        self.write("2.g3", block(T0 + 10, 10), block(T0, 5, awkward, feed="söme.feed"))
        self.write("sub/1.g3", block(T0 + 20, 5), version=0)
        self.scan()
        self.scan(environment=self.server.environment)
        for table in TABLES:
            told = self.server.ask(f"SELECT * FROM {table}")
            # SQLite has no type of times: SQLAlchemy writes them like this.
            plain = [
                tuple(each.isoformat(" ", "microseconds") if isinstance(each, datetime) else each
                      for each in row)
                for row in told
            ]  # fmt: skip
            self.assertEqual(sorted(plain, key=repr), self.rows(table), table)
            self.assertTrue(plain, table)
        one = self.source(str(self.sqlite))
        two = self.source(self.server.url, PASSWORD)
        fields = {each.name: each for each in one.fields(0, 1).fields}
        self.assertEqual(fields, {each.name: each for each in two.fields(0, 1).fields})
        self.assertEqual(one.fields(0, 1).intervals, two.fields(0, 1).intervals)
        self.assertEqual(len(fields), 2 + len(awkward))
        for start, end in ((0.0, 2e9), (T0 + 5, T0 + 15), (T0 + 9.5, T0 + 9.9), (5.0, 6.0)):
            found = [source.blocks([*fields], start, end) for source in (one, two)]
            both = [{each.timeline: each for each in blocks} for blocks in found]
            self.assertEqual(both[0].keys(), both[1].keys())
            for name, each in both[0].items():
                np.testing.assert_array_equal(each.t, both[1][name].t)
                self.assertEqual(each.columns.keys(), both[1][name].columns.keys())
                for field, column in each.columns.items():
                    np.testing.assert_array_equal(column, both[1][name].columns[field])

    def test_values(self) -> None:
        """What so3g has written is read back, over the edges of files."""
        for number in range(3):
            self.write(f"{number}.g3", block(T0 + 10 * number, 10))
        self.scan(environment=self.server.environment)
        source = self.source(self.server.url, PASSWORD)
        [found] = source.blocks([f"{FEED}.Channel 1"], T0 + 5, T0 + 25)
        t = [T0 + second for second in range(5, 25)]
        np.testing.assert_allclose(found.t, t, rtol=0, atol=3e-7)
        np.testing.assert_allclose(found.columns[f"{FEED}.Channel 1"], np.sin(t), atol=1e-6)

    def test_tables(self) -> None:
        """They are described as in the document."""
        self.scan(environment=self.server.environment)
        described = {name: [row[:5] for row in self.server.ask(f"DESCRIBE {name}")]
                     for name in TABLES[:3]}  # fmt: skip
        text = "varchar(255)"
        self.assertEqual(described["description"], [("description", text, "NO", "PRI", None)])
        self.assertEqual(
            described["feeds"],
            [
                ("id", "int(11)", "NO", "PRI", None),
                ("filename", text, "YES", "MUL", None),
                ("path", text, "YES", "", None),
                ("prov_id", "int(11)", "YES", "", None),
                ("description", text, "YES", "", None),
                ("scanned", "tinyint(1)", "NO", "", "0"),
            ],
        )
        times = [(name, "datetime(6)", "YES", "", None) for name in ("start", "end")]
        self.assertEqual(described["fields"][2:], times)

    def test_tables_of_others(self) -> None:
        """Those that another scanner has made are used, although they take less."""
        for statement in (
            "CREATE TABLE feeds (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
            " filename varchar(255), path varchar(255), prov_id INT, description varchar(255),"
            " scanned BOOL NOT NULL DEFAULT 0, UNIQUE (filename, prov_id)) CHARSET latin1",
            "CREATE TABLE fields (feed_id INT NOT NULL, field varchar(255) NOT NULL,"
            " start DATETIME(6), end DATETIME(6), UNIQUE (feed_id, field)) CHARSET latin1",
            "CREATE TABLE description (description varchar(255) NOT NULL PRIMARY KEY)"
            " CHARSET latin1",
            f"INSERT INTO feeds VALUES (7, '1.g3', '{self.data}', 0, '{FEED}', 1)",
            "INSERT INTO fields VALUES (7, 'b', '2000-01-01 00:00:00', '2000-01-01 00:00:00')",
        ):
            self.server.ask(statement)
        self.write("1.g3", block(names=["b", "B", "温度"]))
        scanner = self.scan(environment=self.server.environment)
        [(number, field, start, _)] = self.server.ask("SELECT * FROM fields")
        self.assertEqual((number, field, start.year), (7, "B", 2019))
        for name in ("'b'", "'温度'"):
            self.assertIn(f"field {name} is left out: the database says", scanner.stderr)
        source = self.source(self.server.url, PASSWORD)
        self.assertEqual([each.name for each in source.fields(0, 1).fields], [f"{FEED}.B"])
        self.assertEqual([*source.blocks([f"{FEED}.B"], 0, 2e9)[0].columns], [f"{FEED}.B"])

    def test_goes_away(self) -> None:
        """A server that is away is told, and used again when it is back."""
        self.write("1.g3")
        scanner = self.scanner("--interval=0.3", environment=self.server.environment)
        scanner.logs("1 files, 1 read")
        self.server.stop()
        scanner.logs("cannot scan: mysql.*tried again in")
        self.write("2.g3", block(names=["later"]))
        self.server.start()
        scanner.logs("2 files, 1 read")
        self.assertEqual(len(self.server.ask("SELECT * FROM description")), 2)
        self.check_stopped(scanner)
        self.assertNotIn(PASSWORD, scanner.stderr + scanner.stdout)
        self.assertIn(f":***@127.0.0.1:{self.server.port}/files", scanner.stdout)

    def test_goes_away_amidst_a_scan(self) -> None:
        """What was not written is written later; nothing is there twice."""
        path = self.write("0.g3", *[block(T0 + 100 * n, 100) for n in range(20)])
        for number in range(1, 200):
            shutil.copy2(path, self.data / f"{number}.g3")
        scanner = self.scanner("--interval=0.3", environment=self.server.environment)
        count = "SELECT count(*) FROM feeds"
        eventually(lambda: self._some(count), lambda: str(scanner))
        self.server.stop()
        scanner.logs("cannot scan: mysql")
        self.server.start()
        scanner.logs("200 files, 0 read, in")
        self.assertEqual(self.server.ask(count), ((200,),))
        self.assertEqual(self.server.ask("SELECT count(*) FROM fields"), ((200,),))

    def _some(self, count: str) -> bool:
        there = self.server.ask("SHOW TABLES LIKE 'feeds'")
        return bool(there) and self.server.ask(count)[0][0] > 5

    def test_hangs(self) -> None:
        """A server that does not answer does not keep the process."""
        scanner = self.scanner("--interval=0.2", environment=self.server.environment)
        scanner.logs("0 files, 0 read")
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(0.5)
            began = time.monotonic()
            self.check_stopped(scanner)
            self.assertLess(time.monotonic() - began, SOON)
        finally:
            self.server.process.send_signal(signal.SIGCONT)

    def test_wrong_password(self) -> None:
        """It is told, and with --once the exit status."""
        wrong = {**self.server.environment, "SQL_PASSWD": "n0ne"}
        scanner = self.scanner("--once", environment=wrong)
        self.check_status(scanner, 1)
        self.assertIn("Access denied for user 'development'", scanner.stderr)
        self.assertNotIn("n0ne", scanner.stderr + scanner.stdout)


class NodeTests(ScannerTestCase):
    def test_g3_reader(self) -> None:
        """A consumer gets what is in the files, also what comes later, by way of a hub."""
        hub = Hub(self)
        server = MariaDb(self)
        self.write("1.g3", block(count=100, names=["a", "b"]))
        scanner = self.scanner("--interval=0.3", environment=server.environment)
        scanner.logs("1 files, 1 read")
        environment = {**server.environment, "MAX_POINTS": "50"}
        node = self.start(
            *netsim("netsim-node"), "g3-reader", *hub.options, environment=environment
        )
        node.says("^netsim-node serving g3_reader at ")
        consumer = Member(hub.url, WEB, hub.consumer_secret, hub.certificate)
        fields, timelines = consumer.call("consumer.g3_reader.get_fields", 1, 0)
        names = [f"{FEED}.a", f"{FEED}.b"]
        self.assertEqual(sorted(fields), names)
        self.assertEqual({each["timeline"] for each in fields.values()}, {f"{FEED}.temps"})
        self.assertAlmostEqual(timelines[f"{FEED}.temps"]["interval"], 1.0, places=5)
        asked = "consumer.g3_reader.get_data"
        answer = consumer.call(asked, [*names, "none"], T0 + 10, T0 + 20)
        t = answer["timeline"][f"{FEED}.temps"]["t"]
        np.testing.assert_allclose(t, [T0 + second for second in range(10, 20)], atol=3e-7)
        np.testing.assert_allclose(answer["data"][names[1]], np.sin(t), atol=1e-6)
        self.assertEqual(answer["data"]["none"], [])
        whole = consumer.call(asked, names, T0, T0 + 1000)
        self.assertLessEqual(len(whole["data"][names[0]]), 50)
        self.write("2.g3", block(T0 + 100, 5, ["a", "b"]))
        scanner.logs("2 files, 1 read")
        later = consumer.call(asked, names, T0 + 98, T0 + 1000)
        self.assertEqual(len(later["data"][names[0]]), 7)
        server.stop()
        with self.assertRaises(WampError) as caught:
            consumer.call(asked, names, T0, T0 + 1)
        self.assertNotIn(PASSWORD, str(caught.exception))
        server.start()
        again = consumer.call(asked, names, T0 + 98, T0 + 1000)
        self.assertEqual(again["data"], later["data"])
        self.assertNotIn(PASSWORD, node.stderr + node.stdout)
