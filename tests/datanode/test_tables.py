"""Tests for L{netsim.datanode.tables}."""

from __future__ import annotations

from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateTable
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.tables import DESCRIPTION, FEEDS, FIELDS, METADATA, SEEN, SERIES


def columns(table, dialect) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """The types of a table's columns in a database's own words."""
    return {each.name: each.type.compile(dialect) for each in table.columns}


class TablesTests(SynchronousTestCase):
    def test_those_of_the_document(self) -> None:
        """They have the columns of the document, and none beside them."""
        dialect = sqlite.dialect()
        text = "VARCHAR(255)"
        self.assertEqual(
            columns(FEEDS, dialect),
            {
                "id": "INTEGER",
                "filename": text,
                "path": text,
                "prov_id": "INTEGER",
                "description": text,
                "scanned": "BOOLEAN",
            },
        )
        times = {"start": "DATETIME", "end": "DATETIME"}
        self.assertEqual(columns(FIELDS, dialect), {"feed_id": "INTEGER", "field": text, **times})
        self.assertEqual(columns(DESCRIPTION, dialect), {"description": text})
        self.assertEqual({*METADATA.tables.values()}, {FEEDS, FIELDS, DESCRIPTION, SEEN, SERIES})

    def test_keys(self) -> None:
        made = " ".join(str(CreateTable(FEEDS)).split())
        self.assertIn("scanned BOOLEAN DEFAULT 0 NOT NULL", made)
        self.assertIn("PRIMARY KEY (id), UNIQUE (filename, prov_id)", made)
        self.assertIn("UNIQUE (feed_id, field)", " ".join(str(CreateTable(FIELDS)).split()))
        self.assertIn("PRIMARY KEY (description)", str(CreateTable(DESCRIPTION)))

    def test_servers(self) -> None:
        """MariaDB and MySQL keep microseconds, and take all characters for what they are."""
        for is_mariadb, collation in ((True, "utf8mb4_nopad_bin"), (False, "utf8mb4_bin")):
            dialect = mysql.dialect()
            dialect.is_mariadb = is_mariadb
            told = columns(FIELDS, dialect)
            self.assertEqual(told["start"], "DATETIME(6)")
            self.assertEqual(told["end"], "DATETIME(6)")
            text = f"VARCHAR(255) CHARACTER SET utf8mb4 COLLATE {collation}"
            self.assertEqual(told["field"], text)
            self.assertEqual(columns(SERIES, dialect)["period"], "DOUBLE")
