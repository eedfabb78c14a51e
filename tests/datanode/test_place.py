"""L{netsim.datanode.place}."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.place import (
    CERTIFICATE,
    CONSUMER_SECRET,
    SECRET,
    constant,
    default_url,
    find_certificate,
    find_secret,
    hub_directory,
    plain_url,
    read_secret,
    split_url,
)
from netsim.errors import HostError


class UrlTests(SynchronousTestCase):
    """Where the router is."""

    def test_defaults(self) -> None:
        """This machine, and the ports of the document."""
        for environment in ({}, {"CROSSBAR_HOST": "", "CROSSBAR_TLS_PORT": ""}):
            self.assertEqual("wss://127.0.0.1:8080/ws", default_url(environment))
            self.assertEqual("ws://127.0.0.1:8001/ws", plain_url(environment))

    def test_environment(self) -> None:
        """The variables of the document; addresses of version 6 have brackets."""
        environment = {
            "CROSSBAR_HOST": "some.host",
            "CROSSBAR_TLS_PORT": "1",
            "CROSSBAR_OCS_PORT": "2",
        }
        self.assertEqual("wss://some.host:1/ws", default_url(environment))
        self.assertEqual("ws://some.host:2/ws", plain_url(environment))
        self.assertEqual("wss://[::1]:8080/ws", default_url({"CROSSBAR_HOST": "::1"}))

    def test_split(self) -> None:
        """Any URL of a WebSocket; it stays as it is."""
        for url in ("ws://a/ws", "wss://a.b:8080/ws", "wss://[::1]:8080/other/path", "ws://a:1"):
            self.assertEqual(url, split_url(url))

    def test_refused(self) -> None:
        """Other things are none."""
        for text in [
            *("", "a", "a:8080", "http://a/ws", "wss://", "wss:///ws", "wss://a:0/ws"),
            *("wss://a:70000/ws", "wss://a:b/ws", "wss://u:p@a/ws", "ws://a/ws?q=1", "ws://a/#b"),
            *("wss://[::1/ws",),
        ]:
            error = self.assertRaises(ValueError, split_url, text)
            self.assertEqual("expected an address such as wss://127.0.0.1:8080/ws", str(error))


class Base(SynchronousTestCase):
    """A home, and a directory to be in."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        here = Path(self.mktemp())
        here.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(here)
        self.environment = {"HOME": str(self.home)}
        self.hub = hub_directory(self.environment)
        self.local = Path(".crossbar")

    def write(self, directory: Path, name: str, text: str) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
        return directory / name


class CertificateTests(Base):
    """The certificate to trust."""

    def test_places(self) -> None:
        """A directory that was told, else the one in the document, else the user's hub's."""
        self.assertEqual(self.home / ".local/state/netsim/hub", self.hub)
        self.assertIsNone(find_certificate(self.environment))
        hubs = self.write(self.hub, CERTIFICATE, "")
        self.assertEqual(hubs, find_certificate(self.environment))
        local = self.write(self.local, CERTIFICATE, "")
        self.assertEqual(local, find_certificate(self.environment))
        self.assertIsNone(find_certificate(self.environment, self.home))
        told = self.write(self.home, CERTIFICATE, "")
        self.assertEqual(told, find_certificate(self.environment, self.home))

    def test_directory(self) -> None:
        """What is no file is none."""
        (self.hub / CERTIFICATE).mkdir(parents=True)
        self.assertIsNone(find_certificate(self.environment))


class SecretTests(Base):
    """What one has to know."""

    def test_places(self) -> None:
        """The environment, else the same places; blanks at its ends do not belong to it."""
        self.assertIsNone(find_secret(self.environment))
        self.write(self.hub, SECRET, "of the hub\n")
        self.assertEqual("of the hub", find_secret(self.environment))
        self.write(self.local, SECRET, "local")
        self.assertEqual("local", find_secret(self.environment))
        self.assertIsNone(find_secret(self.environment, directory=self.home))
        environment = {**self.environment, "WAMP_SECRET": "of the environment"}
        self.assertEqual("of the environment", find_secret(environment))
        self.assertEqual("local", find_secret({**self.environment, "WAMP_SECRET": ""}))

    def test_users(self) -> None:
        """Consumers know another one."""
        self.write(self.hub, SECRET, "of servers")
        self.assertIsNone(find_secret(self.environment, "simonsobs"))
        self.write(self.hub, CONSUMER_SECRET, "of consumers")
        self.assertEqual("of consumers", find_secret(self.environment, "simonsobs"))
        self.assertEqual("of servers", find_secret(self.environment, "server"))

    def test_unreadable(self) -> None:
        """A file that cannot be read is told."""
        (self.hub / SECRET).mkdir(parents=True)
        error = self.assertRaises(HostError, find_secret, self.environment)
        self.assertEqual(f"{self.hub / SECRET}: Is a directory", str(error))
        path = self.hub / "binary"
        path.write_bytes(b"\xff\xfe")
        self.assertIn(str(path), str(self.assertRaises(HostError, read_secret, path)))


class ConstantTests(Base):
    """The constants of the document."""

    def test_constants(self) -> None:
        """They follow the environment."""
        self.patch(os, "environ", dict(self.environment))
        self.assertEqual("wss://127.0.0.1:8080/ws", constant("WAMP_URI"))
        self.assertEqual("server", constant("WAMP_USER"))
        self.assertIsNone(constant("WAMP_SECRET"))
        self.write(self.hub, SECRET, "of servers")
        self.write(self.hub, CONSUMER_SECRET, "of consumers")
        self.assertEqual("of servers", constant("WAMP_SECRET"))
        os.environ["WAMP_USER"] = "simonsobs"
        self.assertEqual(
            ["simonsobs", "of consumers"], [*map(constant, ("WAMP_USER", "WAMP_SECRET"))]
        )
