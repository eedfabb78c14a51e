"""Tests for L{netsim.datanode.node.g3options}."""

from __future__ import annotations

from unittest import mock

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim import options
from netsim.datanode import sqloptions
from netsim.datanode.node.g3options import CACHE, G3Options


class G3OptionsTests(SynchronousTestCase):
    def parse(self, *arguments: str, **environment: str) -> G3Options:
        self.patch(sqloptions.os, "environ", {"HOME": "/home/user", **environment})
        parsed = G3Options()
        parsed.parseOptions(arguments)
        return parsed

    def setUp(self) -> None:
        self.patch(options, "find_spec", lambda name: mock.sentinel.found)

    def test_defaults(self) -> None:
        """The name of the document; the same database as a scanner's."""
        config = self.parse()
        self.assertEqual((config.name, config["cache"]), ("g3_reader", CACHE))
        self.assertTrue(config.url.database.endswith("netsim/housekeeping.sqlite"))

    def test_environment(self) -> None:
        """The variables of the document."""
        config = self.parse(SQL_HOST="h", SQL_USER="u", SQL_DB="d", MAX_POINTS="1000")
        self.assertEqual((config.url.host, config["max-points"]), ("h", 1000))

    def test_options(self) -> None:
        config = self.parse("--database=x.sqlite", "--cache=1MiB", "--name=mine")
        self.assertEqual((config.url.database, config["cache"]), ("x.sqlite", 1 << 20))
        self.assertEqual(config.name, "mine")

    def test_refused(self) -> None:
        error = self.assertRaises(UsageError, self.parse, "--database=oracle://h/n")
        self.assertIn("--database: expected", str(error))

    def test_without_the_extra(self) -> None:
        found = lambda name: None if name == "so3g" else mock.sentinel.found  # noqa: E731
        self.patch(options, "find_spec", found)
        error = self.assertRaises(UsageError, self.parse)
        self.assertIn("pip install 'netsim[g3]'", str(error))
