"""L{netsim.status.config}: the file, and what it means."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ConfigError
from netsim.status import config
from netsim.status.model import Settings
from tests.properties import examples

ALL = """
host = "192.0.2.1"
port = 5002
uploadInterval = 10
displayName = "My project"
mute = true
launch = false
"""
SETTINGS = Settings("http://192.0.2.1:5002", 10, "My project", True, None, False)


class ConfigTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = self.directory / "netsim.toml"

    def load(self, text: str | bytes) -> Settings:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return config.load(self.path)

    def problems(self, text: str | bytes) -> list[str]:
        error = self.assertRaises(ConfigError, self.load, text)
        return [str(problem).removeprefix(f"{self.path}: ") for problem in error.problems]


class FileTests(ConfigTestCase):
    def test_find(self) -> None:
        self.assertIsNone(config.find(self.directory))
        self.path.mkdir()
        self.assertIsNone(config.find(self.directory))
        self.path.rmdir()
        self.path.touch()
        self.assertEqual(self.path, config.find(self.directory))

    def test_all_keys(self) -> None:
        """In the table, or at the top, or some here and some there."""
        self.assertEqual(SETTINGS, self.load(ALL))
        self.assertEqual(SETTINGS, self.load(f"[daemon]\n{ALL}"))
        head, _, tail = ALL.partition("uploadInterval")
        self.assertEqual(SETTINGS, self.load(f"{head}[daemon]\nuploadInterval{tail}"))

    def test_defaults(self) -> None:
        self.assertEqual(Settings(), self.load(""))
        self.assertEqual("http://127.0.0.1:7000", self.load("port = 7000").url)
        self.assertEqual("http://[::1]:5000", self.load('host = "::1"').url)
        self.assertEqual("http://lab.example:5000", self.load('host = "lab.example"').url)

    def test_all_problems_at_once(self) -> None:
        text = """
            host = "http://x"
            mute = 1
            speed = 3
            [daemon]
            mute = false
            port = 65535
            uploadInterval = 0
            displayName = " "
            launch = "no"
        """
        known = "is unknown; known: host, port, uploadInterval, displayName, mute, launch"
        self.assertEqual(
            [
                "host: expected a host name, or an address",
                "mute: expected true or false",
                f"speed: {known}",
                "daemon.port: expected a port number from 1 to 65534",
                "daemon.uploadInterval: expected seconds, more than 0",
                "daemon.displayName: expected a text",
                "daemon.launch: expected true or false",
                "daemon.mute: stands at the top of the file, too",
            ],
            self.problems(text),
        )

    def test_wrong_values(self) -> None:
        for line in (
            "port = true",
            "port = 0",
            "port = 5000.0",
            "uploadInterval = inf",
            "uploadInterval = nan",
            "uploadInterval = true",
            'uploadInterval = "1"',
            "host = 1",
            'host = ""',
            'host = "a b"',
            "displayName = 1",
            "[deamon]",
        ):
            self.assertEqual(1, len(self.problems(line)), line)

    def test_no_table(self) -> None:
        self.assertEqual(["daemon: expected a table: [daemon]"], self.problems("daemon = 1"))

    def test_not_toml(self) -> None:
        self.assertEqual(
            ["not TOML: Invalid value (at line 2, column 8)"],
            self.problems("port = 1\nmute = maybe"),
        )
        self.assertEqual(["not UTF-8"], self.problems(b"\xff"))
        self.assertIn("not TOML", self.problems("a = " + "[" * 10_000)[0])

    def test_unreadable(self) -> None:
        error = self.assertRaises(ConfigError, config.load, self.path)
        self.assertEqual(f"{self.path}: No such file or directory", str(error))

    @examples(100)
    @given(st.text() | st.binary())
    def test_any_text(self, text: Any) -> None:
        """It is read or refused."""
        with contextlib.suppress(ConfigError):
            self.load(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))


class ArgumentTests(ConfigTestCase):
    def test_no_file(self) -> None:
        self.assertEqual(Settings(), config.settings({}))
        self.assertEqual(Settings(), config.settings({"url": None, "mute": None}))
        self.assertEqual(
            Settings("http://[::1]:7", 0.5, "x", True, "secret", False, 5),
            config.settings(
                {
                    "url": "[::1]:7",
                    "interval": 0.5,
                    "display_name": "x",
                    "mute": True,
                    "token": "secret",
                    "launch": False,
                    "queue": 5,
                }
            ),
        )

    def test_what_the_program_says_wins(self) -> None:
        self.path.write_text(ALL)
        self.assertEqual(SETTINGS, config.settings({}, self.path))
        settings = config.settings({"url": "127.0.0.1:7", "mute": False}, self.path)
        self.assertEqual(("http://127.0.0.1:7", False), (settings.url, settings.mute))
        self.assertEqual("My project", settings.display_name)

    def test_all_problems_at_once(self) -> None:
        """Of both; no value is shown, as it may be the token."""
        self.path.write_text("port = 0")
        wrong = {"url": "ftp://x", "interval": 0, "token": 12345, "queue": 0, "speed": 1}
        error = self.assertRaises(ConfigError, config.settings, wrong, self.path)
        self.assertNotIn("12345", str(error))
        self.assertEqual(
            ["interval", "token", "queue", "speed", "port"], [each.path for each in error.problems]
        )
        error = self.assertRaises(ConfigError, config.settings, {"url": "ftp://x"}, self.path)
        self.assertEqual(["url", "port"], [each.path for each in error.problems])
        self.assertIn("connect(): url: expected an address such as", str(error))
