"""Tests of L{netsim.web.options}."""

from __future__ import annotations

from unittest import mock

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim import options
from netsim.web import options as web


class Options(options.ServiceOptions):
    """Those of some server."""

    environment = {"token": "NETSIM_TEST_TOKEN"}
    optParameters = web.parameters("NETSIM_TEST_TOKEN")
    optFlags = web.FLAGS

    def postOptions(self) -> None:
        """Complain."""
        super().postOptions()
        web.check(self)


class OptionsTests(SynchronousTestCase):
    """Where to bind, and who may come."""

    def read(self, *arguments: str) -> Options:
        """Read a command line."""
        config = Options()
        config.parseOptions(arguments)
        return config

    def refused(self, *arguments: str) -> str:
        """Read one that is wrong."""
        return str(self.assertRaises(UsageError, self.read, *arguments))

    def test_default(self) -> None:
        """Only this machine, and then no token is needed."""
        config = self.read()
        self.assertTrue(web.is_local(config))
        self.assertEqual((config["host"], config["token"]), ("127.0.0.1", None))

    def test_host(self) -> None:
        """An address of this machine, in any form; no name that somebody else has given."""
        for text, host in {"localhost": "127.0.0.1", "::1": "::1", "[::1]": "::1"}.items():
            self.assertEqual(self.read("--host", text)["host"], host)
        self.assertIn("--host", self.refused("--host=example.org"))

    def test_strangers(self) -> None:
        """They are let in when it is said how, or that it does not matter."""
        self.assertIn("needs a --token", self.refused("--host=0.0.0.0"))
        for flag in ("--insecure", "--token=x"):
            self.assertFalse(web.is_local(self.read("--host=0.0.0.0", flag)))

    def test_token(self) -> None:
        """It fits into a header and a URL; the environment can tell it."""
        for text in ("", "two words", "a/b", "é"):
            self.assertIn("--token: expected letters", self.refused("--token", text))
        with mock.patch.dict("os.environ", NETSIM_TEST_TOKEN="from-outside"):
            self.assertEqual(self.read()["token"], "from-outside")
            self.assertEqual(self.read("--token=aZ0._~-")["token"], "aZ0._~-")
