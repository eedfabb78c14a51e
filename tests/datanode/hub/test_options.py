"""Tests for L{netsim.datanode.hub.options}."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.install import Install
from netsim.datanode.hub.options import Command, Options

ELSEWHERE = "--router=wss://10.0.0.5:8080/ws"


class OptionsTests(SynchronousTestCase):
    kind: Any = Options

    def setUp(self) -> None:
        patch = mock.patch.dict("os.environ", {"HOME": "/home/user"}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def options(self, *arguments: str) -> Any:
        options = self.kind()
        options.parseOptions(arguments)
        return options

    def refused(self, *arguments: str) -> str:
        return str(self.assertRaises(UsageError, self.options, *arguments))

    def test_defaults(self) -> None:
        """The ports of the document, on loopback."""
        config = self.options()
        self.assertEqual((config["host"], config["port"]), ("127.0.0.1", 8080))
        self.assertEqual((config["ocs-host"], config["ocs-port"]), ("127.0.0.1", 8001))
        self.assertEqual((config["name"], config["router"], config["crossbar"]), ([], None, None))

    def test_environment(self) -> None:
        """The variables of the document count where no option is given."""
        variables = {"CROSSBAR_TLS_PORT": "18080", "CROSSBAR_OCS_PORT": "18001"}
        with mock.patch.dict("os.environ", variables):
            config = self.options("--port=1")
        self.assertEqual((config["port"], config["ocs-port"]), (1, 18001))

    def test_names(self) -> None:
        self.assertEqual(
            self.options("-n", "lab.example,10.0.0.5")["name"], ["lab.example", "10.0.0.5"]
        )
        for bad in ("a b", "", "a,", "ä"):
            self.assertIn("expected host names", self.refused(f"--name={bad}"))

    def test_directory(self) -> None:
        """It need not be there: it is made."""
        self.assertEqual(self.options("-d", "/nonexistent")["directory"], Path("/nonexistent"))

    def test_ports(self) -> None:
        self.assertIn("both 80", self.refused("--port=80", "--ocs-port=80"))
        self.options("--port=0", "--ocs-port=0")

    def test_ocs_host(self) -> None:
        """Who reaches that port may do everything."""
        self.assertIn("needs --insecure", self.refused("--ocs-host=0.0.0.0"))
        self.options("--ocs-host=0.0.0.0", "--insecure")
        self.options("--ocs-host=::1", "--host=0.0.0.0")

    def test_elsewhere(self) -> None:
        """What is for a router of one's own is not for another, and the other way round."""
        self.assertIn("--name: --router is one", self.refused(ELSEWHERE, "--name=x"))
        text = self.refused(ELSEWHERE, "--name=x", "--crossbar=y")
        self.assertIn("--crossbar and --name", text)
        self.assertIn("there is no", self.refused(ELSEWHERE, "--certificate=/nonexistent"))
        self.assertIn("they are for --router", self.refused("--secret-file=/nonexistent"))
        self.assertIn("knows hubs as server", self.refused("--user=simonsobs"))
        secret = Path(self.mktemp())
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text("known\n")
        router = self.options(ELSEWHERE, f"--secret-file={secret}", "--user=hub").router()
        self.assertEqual((router.user, router.secret), ("hub", "known"))

    def test_words(self) -> None:
        self.assertIn("nonsense", self.refused("nonsense"))

    def test_without_the_extra(self) -> None:
        """It is told how to get it."""
        found = lambda name: None if name == "psutil" else mock.sentinel.found  # noqa: E731
        with mock.patch("netsim.options.find_spec", found):
            text = self.refused()
        self.assertEqual(text, "psutil not installed: pip install 'netsim[datanode]'")


class CommandTests(OptionsTests):
    """C{netsim hub} can be told the same, and one thing more."""

    kind = Command

    def test_install(self) -> None:
        """It needs nothing that the hub needs."""
        with mock.patch("netsim.options.find_spec", lambda name: None):
            command = self.options("install-router", "--directory=/x")
        self.assertIsInstance(command.subOptions, Install)
        self.assertEqual(command.subOptions["directory"], Path("/x"))
