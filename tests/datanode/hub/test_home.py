"""Tests for L{netsim.datanode.hub.home}."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import home as module
from netsim.datanode.hub.home import Home, find_directory
from netsim.errors import HostError

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class FakeSocket:
    """Has a port, and gives it back."""

    def __init__(self, host: str, port: int, option: str) -> None:
        self.place = (host, port or 4711, 0, 0)
        self.option = option
        self.is_closed = False

    def getsockname(self) -> Any:
        return self.place

    def close(self) -> None:
        self.is_closed = True


class HomeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.reserved: list[FakeSocket] = []
        self.patch(module, "reserve", self.reserve)
        self.home = Home(self.directory)

    def reserve(self, *arguments: Any) -> FakeSocket:
        self.reserved.append(FakeSocket(*arguments))
        return self.reserved[-1]

    def test_one_hub(self) -> None:
        """A directory is for one; when it has gone, for another."""
        self.home.take()
        other = Home(self.directory)
        error = self.assertRaises(HostError, other.take)
        self.assertEqual(
            str(error), f"another hub runs in {self.directory}; --directory can name another"
        )
        other.leave()
        self.assertRaises(HostError, Home(self.directory).take)
        self.home.leave()
        other.take()
        other.leave()

    def test_lock_of_others(self) -> None:
        """Whatever is where the lock should be."""
        self.directory.mkdir()
        (self.directory / "hub.lock").mkdir()
        error = self.assertRaises(HostError, self.home.take)
        self.assertIn(str(self.directory), str(error))

    def test_prepare(self) -> None:
        """What the router has to know is written where only this user reads it."""
        self.home.take()
        self.home.take_ports("::1", 0, "127.0.0.1", 8001)
        self.assertEqual([each.option for each in self.reserved], ["--port", "--ocs-port"])
        listening = self.home.prepare(["lab"], {"WAMP_SECRET": "told"}, NOW)
        places = (listening.host, listening.port, listening.plain_host, listening.plain_port)
        self.assertEqual(places, ("::1", 4711, "127.0.0.1", 8001))
        self.assertEqual(listening.certificate, self.directory / "server_cert.pem")
        self.assertEqual(listening.secrets["server"], "told")
        config = self.home.node / "config.json"
        self.assertEqual(config.stat().st_mode & 0o777, 0o600)
        self.assertEqual(json.loads(config.read_text())["version"], 2)
        self.home.leave()
        self.assertTrue(all(each.is_closed for each in self.reserved))

    def test_second_port_taken(self) -> None:
        """The first one is given back, so that both can be asked for again."""

        def reserve(host: str, port: int, option: str) -> FakeSocket:
            if option == "--ocs-port":
                raise HostError("taken")
            return self.reserve(host, port, option)

        self.patch(module, "reserve", reserve)
        self.assertRaises(HostError, self.home.take_ports, "127.0.0.1", 0, "127.0.0.1", 0)
        self.assertTrue(self.reserved[0].is_closed)

    def test_names(self) -> None:
        """It says when the certificate that is there is not for all names."""
        logged: list[str] = []

        def observe(event: Any) -> None:
            if event["log_namespace"].startswith("netsim"):
                logged.append(event["log_format"].format(**event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        self.home.take()
        self.home.take_ports("127.0.0.1", 0, "127.0.0.1", 0)
        self.home.prepare([], {}, NOW)
        self.assertEqual(logged, [])
        self.home.prepare(["lab", "localhost"], {}, NOW)
        self.assertEqual(len(logged), 1)
        self.assertIn("is not for lab:", logged[0])

    def test_directory(self) -> None:
        """Where nodes look: in .crossbar, if that is there."""
        place = Path(self.mktemp())
        place.mkdir(parents=True)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(place)
        environment = {"XDG_STATE_HOME": "/state"}
        self.assertEqual(find_directory(environment), Path("/state/netsim/hub"))
        Path(".crossbar").mkdir()
        self.assertEqual(find_directory(environment), Path(".crossbar"))
