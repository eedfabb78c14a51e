"""Tests for L{netsim.datanode.node.liveoptions}."""

from __future__ import annotations

import os
from typing import Any

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.liveoptions import (
    FeedOptions,
    SensorsOptions,
    StatusOptions,
    ThermometryOptions,
)


class LiveOptionsTests(SynchronousTestCase):
    """The options of nodes that keep live data in memory."""

    def setUp(self) -> None:
        self.patch(os, "environ", {})

    def read(self, options: Any, words: str | list[str] = "") -> Any:
        options.parseOptions(words.split() if isinstance(words, str) else words)
        return options

    def check_refused(self, options: Any, words: str | list[str], why: str) -> None:
        error = self.assertRaises(usage.UsageError, self.read, options, words)
        self.assertIn(why, str(error))

    def test_sensors(self) -> None:
        """It needs no options."""
        options = self.read(SensorsOptions())
        self.assertEqual("sensors", options.name)
        self.assertEqual("lab", self.read(SensorsOptions(), "--name lab").name)

    def test_feed(self) -> None:
        """The feed is told by options."""
        options = self.read(FeedOptions(), "-t LSA22YE -f temps -n one -b 60")
        found = [options.name, options["target"], options["feed"], options["buffer-time"]]
        self.assertEqual(["one", "LSA22YE", "temps", 60.0], found)

    def test_environment(self) -> None:
        """Or by the variables of the document; options win."""
        os.environ.update(
            TARGET="bluefors", FEED="temps", NAME="a", DESCRIPTION="logs", BUFFER_TIME="30"
        )
        options = self.read(FeedOptions(), "--name b")
        found = [options.name, options.description, options["target"], options["feed"]]
        self.assertEqual(["b", "logs", "bluefors", "temps"], found)
        self.assertEqual(30.0, options["buffer-time"])

    def test_plain(self) -> None:
        """Feeds are on the port for OCS, where nobody needs a secret."""
        os.environ["CROSSBAR_HOST"] = "router"
        os.environ["CROSSBAR_OCS_PORT"] = "8002"
        for options in (FeedOptions(), ThermometryOptions()):
            router = self.read(options, "-t A -f b -n one").router()
            self.assertEqual(("ws://router:8002/ws", None), (router.url, router.user))

    def test_missing(self) -> None:
        """All that is missing is told at once."""
        why = "--target: expected the instance-id of the agent; --feed: expected the name"
        self.check_refused(FeedOptions(), "--name a", why=why)
        self.check_refused(FeedOptions(), "-t a -f b", why="--name: expected")

    def test_thermometry(self) -> None:
        """The feed has a name already, which can be another one."""
        self.assertEqual("temperatures", self.read(ThermometryOptions(), "-nA -tA")["feed"])
        self.assertEqual("t2", self.read(ThermometryOptions(), "-nA -tA -ft2")["feed"])
        os.environ["FEED"] = "t3"
        self.assertEqual("t3", self.read(ThermometryOptions(), "-nA -tA")["feed"])

    def test_topic(self) -> None:
        """Nothing that a topic cannot have."""
        for bad in ("a b", "a#", "a..b", "", "a\n"):
            self.check_refused(FeedOptions(), ["-n", "a", "-t", bad], why="part of a topic")
        self.assertEqual("a.b", self.read(ThermometryOptions(), "-nA -ta.b")["target"])

    def test_status(self) -> None:
        """The daemon of this machine is the default."""
        options = self.read(StatusOptions())
        found = [options[name] for name in ("daemon", "token", "interval", "keep", "project")]
        self.assertEqual(["http://127.0.0.1:5000", None, 1.0, 3600.0, None], found)
        self.assertEqual("status", options.name)

    def test_statusGiven(self) -> None:
        """Everything of it can be told; the token by the environment, too."""
        words = "--daemon host:5001 -i 0.5 -k 60 -p a,b*,"
        os.environ["NETSIM_DAEMON_TOKEN"] = "secret"
        options = self.read(StatusOptions(), words)
        found = [options[name] for name in ("daemon", "token", "interval", "keep", "project")]
        self.assertEqual(["http://host:5001", "secret", 0.5, 60.0, ["a", "b*"]], found)

    def test_refused(self) -> None:
        """What cannot be is refused, with the option and what was expected."""
        for words, why in (
            (["--daemon", "ftp://a"], "--daemon: 'ftp://a' cannot be used"),
            (["--interval", "0"], "more than 0"),
            (["--keep", "x"], "expected seconds"),
            (["--project", ","], "names, separated by commas"),
        ):
            self.check_refused(StatusOptions(), words, why=why)
