"""L{netsim.status.options}: what a service that tells a daemon can be told."""

from __future__ import annotations

import subprocess
import sys

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim.status import options
from netsim.status.options import ReportOptions


class Plain(ReportOptions):
    """A service that can be told one thing more."""

    optParameters = [["more", None, 3, "More.", int]]


class Special(Plain):
    """One with yet another option."""

    optParameters = [["special", None, None, "Special."]]


class OptionsTests(SynchronousTestCase):
    def parsed(self, *words: str) -> Plain:
        read = Plain()
        read.parseOptions(words)
        return read

    def refused(self, *words: str) -> str:
        return str(self.assertRaises(UsageError, self.parsed, *words))

    def test_they_are_the_last_of_the_help(self) -> None:
        self.assertEqual(["more=", "daemon=", "project="], Plain().longOpt[:3])
        self.assertEqual(["more=", "daemon=", "project=", "special="], Special().longOpt[:4])
        self.assertEqual(1, Special().longOpt.count("daemon="))

    def test_their_coercers_are_known(self) -> None:
        self.assertEqual({"more", "daemon", "project", "special"}, Special._coercers.keys())

    def test_nobody_is_told_by_itself(self) -> None:
        read = self.parsed()
        self.assertEqual((None, None), (read["daemon"], read["project"]))

    def test_the_url_of_a_daemon(self) -> None:
        """A host and a port will do."""
        for text, url in (
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("https://example.org:7000/", "https://example.org:7000"),
            ("localhost:7", "http://localhost:7"),
        ):
            self.assertEqual(url, self.parsed("--daemon", text)["daemon"])

    def test_what_is_no_url(self) -> None:
        for text in ("ftp://x:1", "http://x:1/path", "x:y", ""):
            self.assertIn(f"--daemon: {text!r} cannot be used: ", self.refused("--daemon", text))

    def test_a_name(self) -> None:
        self.assertEqual("mine", self.parsed("--daemon=x:1", "--project=mine")["project"])

    def test_a_name_that_nobody_would_see(self) -> None:
        self.assertEqual("--project: only with --daemon", self.refused("--project", "mine"))

    def test_a_name_that_is_none(self) -> None:
        for name, problem in (("", "is empty"), ("x" * 257, "has 257 characters, of 256 at most")):
            refused = self.refused("--daemon", "x:1", "--project", name)
            self.assertEqual(f"--project: {problem}", refused)

    def test_what_is_not_installed_is_named(self) -> None:
        """And how to get it."""
        for missing in (["psutil"], ["autobahn"], ["autobahn", "psutil"]):
            self.patch(options, "find_spec", lambda name, gone=missing: name not in gone or None)
            self.assertEqual(
                f"--daemon: {' and '.join(missing)} missing: pip install 'netsim[daemon]'",
                self.refused("--daemon", "x:1"),
            )

    def test_services_that_tell_nobody_load_nothing_of_it(self) -> None:
        """Neither time nor memory is lost to it."""
        script = """
import sys
from netsim.cli import import_module
for wing in ("proxy", "replay", "simulator", "dsisocket"):
    import_module(f"netsim.{wing}.service").Options()
print(*sorted(name for name in sys.modules if name.startswith(("netsim.status", "netsim.web",
    "netsim.daemon", "autobahn", "psutil", "txaio")) or name.endswith(".watching")))
"""
        loaded = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        self.assertEqual("netsim.status netsim.status.options\n", loaded.stdout)
