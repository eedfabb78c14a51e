"""Tests for L{netsim.datanode.sqloptions}."""

from __future__ import annotations

from unittest import mock

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import sqloptions
from netsim.datanode.sqloptions import DATABASE, database_url

SERVER = {"SQL_HOST": "database", "SQL_USER": "development", "SQL_DB": "files"}


class DatabaseUrlTests(SynchronousTestCase):
    def url(self, text: str | None = None, **environment: str) -> str:
        self.patch(sqloptions.os, "environ", {"HOME": "/home/user", **environment})
        return database_url({"database": text}).render_as_string(hide_password=False)

    def refused(self, text: str | None = None, **environment: str) -> str:
        return str(self.assertRaises(UsageError, self.url, text, **environment))

    def test_default(self) -> None:
        """A file of the user."""
        path = "/home/user/.local/state/netsim/housekeeping.sqlite"
        self.assertEqual(self.url(), f"sqlite:///{path}")
        self.assertIn("netsim/housekeeping.sqlite", DATABASE[3])

    def test_environment(self) -> None:
        """The variables of the document name a server."""
        known = "mysql+pymysql://development{}@database/files"
        self.assertEqual(self.url(**SERVER), known.format(""))
        self.assertEqual(self.url(**SERVER, SQL_PASSWD="a@b"), known.format(":a%40b"))

    def test_option(self) -> None:
        """It wins; the password may still come from outside."""
        self.assertEqual(self.url("x.sqlite", **SERVER), "sqlite:///x.sqlite")
        given = self.url("mysql://me@here/mine", **SERVER, SQL_PASSWD="p")
        self.assertEqual(given, "mysql+pymysql://me:p@here/mine")

    def test_refused(self) -> None:
        """What is missing is told, and no password."""
        self.assertIn("SQL_USER and SQL_DB", self.refused(SQL_HOST="database"))
        said = self.refused("postgresql://u:s3cret@h/n")
        self.assertIn("--database: expected a path", said)
        self.assertNotIn("s3cret", said)

    def test_without_the_extra(self) -> None:
        found = lambda name: None if name == "pymysql" else mock.sentinel.found  # noqa: E731
        with mock.patch("netsim.options.find_spec", found):
            self.assertIn("pip install 'netsim[datanode]'", self.refused())
