"""Tests for L{netsim.daemon.service}."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import treq
from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase, TestCase

from netsim import process
from netsim.daemon import service
from netsim.daemon.service import DaemonService, Options, makeService


def options(*arguments: str) -> Options:
    """What a command line gives."""
    parsed = Options()
    parsed.parseOptions(arguments)
    return parsed


class OptionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(service.os, "environ", {"HOME": "/home/user"})

    def refused(self, *arguments: str) -> str:
        return str(self.assertRaises(UsageError, options, *arguments))

    def test_defaults(self) -> None:
        """Loopback, port 5000, a file for that port, and the limits of the model."""
        config = options()
        self.assertEqual((config["host"], config["port"]), ("127.0.0.1", 5000))
        self.assertEqual(config.path(), Path("/home/user/.local/state/netsim/daemon-5000.sqlite"))
        self.assertEqual(config.limits, service._LIMITS)
        self.assertEqual(config.retention, service._RETENTION)

    def test_limits(self) -> None:
        config = options(
            *("--max-message=1KiB", "--max-projects=2", "--max-connections=3"),
            *("--action-timeout=4", "--max-backlog=5KiB"),
        )
        limits = config.limits
        self.assertEqual((limits.message_size, limits.projects), (1024, 2))
        self.assertEqual((limits.connections, limits.action_timeout), (3, 4.0))
        self.assertEqual(limits.backlog_bytes, 5120)

    def test_retention(self) -> None:
        config = options(
            *("--keep-logs=1", "--keep-statuses=2", "--keep-days=0.5", "--max-database=1MiB")
        )
        kept = config.retention
        self.assertEqual((kept.logs, kept.statuses, kept.age), (1, 2, 43200.0))
        self.assertEqual(kept.size, 1 << 20)

    def test_database(self) -> None:
        """It can be another one, or none; ports that the system chooses have none."""
        self.assertEqual(options("-d", "x.sqlite").path(), Path("x.sqlite"))
        self.assertIsNone(options("-d", "none").path())
        self.assertIsNone(options("-p", "0").path())
        self.assertEqual(options("-p", "0", "-d", "x").path(), Path("x"))

    def test_hosts(self) -> None:
        """What others can reach needs a token, unless that is waived."""
        for host in ("127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"):
            self.assertTrue(options("--host", host).is_loopback, host)
        self.assertIn("needs a --token", self.refused("--host", "0.0.0.0"))
        self.assertFalse(options("--host", "0.0.0.0", "--insecure").is_loopback)
        self.assertFalse(options("--host", "::", "--token", "x").is_loopback)
        self.assertIn("an IP address", self.refused("--host", "example.org"))

    def test_token(self) -> None:
        with mock.patch.dict("os.environ", NETSIM_DAEMON_TOKEN="from-outside"):
            self.assertEqual(options()["token"], "from-outside")
        for token in ("", "two words", "a/b", "ä"):
            self.assertIn("--token: expected letters", self.refused(f"--token={token}"))

    def test_refused(self) -> None:
        self.assertIn("65534", self.refused("--port=65535"))
        for name in ("keep-logs", "keep-statuses", "max-projects", "max-connections"):
            self.assertIn("1 or more", self.refused(f"--{name}=0"))
        for name in ("max-message", "max-backlog", "max-database"):
            self.assertIn("1024 bytes or more", self.refused(f"--{name}=1023"))

    def test_without_the_extra(self) -> None:
        """It is told how to get it."""
        found = lambda name: None if name == "klein" else mock.sentinel.found  # noqa: E731
        with mock.patch("netsim.options.find_spec", found):
            self.assertEqual(self.refused(), "klein not installed: pip install 'netsim[daemon]'")


class ServiceTests(TestCase):
    """With the real reactor, and ports on loopback."""

    @asynccontextmanager
    async def listening(self, *arguments: str) -> AsyncIterator[DaemonService]:
        daemon = makeService(options("--port=0", "--database=none", *arguments))
        daemon.addresses = await daemon.listen()  # type: ignore[attr-defined]
        try:
            yield daemon
        finally:
            await daemon.stopService()

    async def get(self, daemon: Any, path: str) -> Any:
        port = daemon.addresses[0].port
        answer = await treq.get(f"http://127.0.0.1:{port}{path}", persistent=False)
        await answer.content()
        return answer

    async def test_serves(self) -> None:
        """The page, what it loads, the documentation, and the REST interface."""
        async with self.listening() as daemon:
            for path, kind in {
                "/": "text/html",
                "/docs/": "text/html",
                "/assets/plotly.min.js": "text/javascript",
                "/api/openapi.json": "application/json",
                "/hello": "application/json",
                "//web/list": "application/json",
            }.items():
                answer = await self.get(daemon, path)
                [found] = answer.headers.getRawHeaders("content-type")
                self.assertEqual((answer.code, found.partition(";")[0]), (200, kind), path)

    async def test_ports(self) -> None:
        """HTTP first, and then the WebSocket; the ready line tells both by themselves."""
        async with self.listening() as daemon:
            http, websocket = daemon.addresses
            self.assertEqual(websocket.port, http.port + 1)
            self.assertEqual((http.host, daemon.ranges), ("127.0.0.1", False))

    async def test_taken(self) -> None:
        """A port that is taken is found out before the database is touched."""
        async with self.listening() as daemon:
            path = Path(self.mktemp())
            other = makeService(options(f"--port={daemon.addresses[0].port}", f"--database={path}"))
            with self.assertRaises(CannotListenError):
                await other.listen()
            await other.stopService()
            self.assertFalse(path.exists())

    async def test_stopped_early(self) -> None:
        """It can be stopped before it has listened."""
        await makeService(options("--port=0", "--database=none")).stopService()

    async def test_idle(self) -> None:
        """Nobody asks, and it ends; somebody asks, and it stays."""
        clock = Clock()
        ended: list[Any] = []
        self.patch(process, "set_exit_status", ended.append)
        self.patch(process, "stop", ended.append)
        async with self.listening("--idle=100") as daemon:
            board, looking = daemon._board, daemon._watching
            looking.stop()
            daemon._reactor, board._reactor, looking.clock = clock, clock, clock
            looking.start(10, now=False)
            board.touch()
            clock.pump([10] * 9)
            board.touch()
            clock.pump([10] * 9)
            self.assertEqual(ended, [])
            clock.pump([10])
            self.assertEqual(ended, [0, clock])
            daemon._reactor = reactor

    async def test_stays(self) -> None:
        async with self.listening("--no-idle-shutdown") as daemon:
            self.assertFalse(daemon._watching.running)

    async def test_debug(self) -> None:
        """What passes is logged, the beginning of it."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        async with self.listening("--debug") as daemon:
            daemon._board._tap("<", "peer", b"x" * 1000)  # type: ignore[misc]
        [event] = [each for each in events if each.get("arrow") == "<"]
        self.assertEqual((event["text"], event["more"]), ("x" * 500, "..."))
