"""Tests of L{netsim.datanode.grafana.service}."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import treq
from twisted.internet.error import CannotListenError
from twisted.logger import LogLevel, globalLogPublisher
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase, TestCase

from netsim.datanode.grafana import service
from netsim.datanode.grafana.service import GrafanaService, Options, makeService

NOWHERE = "--router=ws://127.0.0.1:1/ws"


def options(*arguments: str) -> Options:
    """Read a command line."""
    config = Options()
    config.parseOptions(arguments)
    return config


class OptionsTests(SynchronousTestCase):
    """What it can be told."""

    def refused(self, *arguments: str) -> str:
        """Read a command line that is wrong."""
        return str(self.assertRaises(UsageError, options, *arguments))

    def test_defaults(self) -> None:
        """The port of the document, on this machine only."""
        config = options()
        self.assertEqual((config["port"], config["host"]), (5000, "127.0.0.1"))
        self.assertEqual((config["timeout"], config["log-level"]), (10.0, "info"))
        self.assertEqual(config["allow-origin"], frozenset())

    def test_environment(self) -> None:
        """The variables of the document; options win."""
        variables = {"PORT": "5001", "LOGLEVEL": "debug", "NETSIM_GRAFANA_TOKEN": "x"}
        with mock.patch.dict("os.environ", variables):
            config = options("--port=7")
            self.assertEqual(options()["port"], 5001)
        self.assertEqual((config["port"], config["log-level"], config["token"]), (7, "debug", "x"))

    def test_strangers(self) -> None:
        """Nobody else gets in, unless it is said how."""
        self.assertIn("needs a --token", self.refused("--host=0.0.0.0"))
        self.assertEqual(options("--host=0.0.0.0", "--insecure")["host"], "0.0.0.0")

    def test_origins(self) -> None:
        """Several pages can be let in."""
        config = options("--allow-origin", "http://a:3000, https://B")
        self.assertEqual(config["allow-origin"], {"http://a:3000", "https://b"})

    def test_wrong(self) -> None:
        """What is wrong is told with its option."""
        for argument, expected in {
            "--port=x": "port number",
            "--timeout=0": "more than 0",
            "--log-level=loud": "expected one of trace, debug",
            "--allow-origin=grafana": "expected an origin",
            "--token=two words": "expected letters",
        }.items():
            problem = self.refused(argument)
            self.assertIn(argument.partition("=")[0], problem)
            self.assertIn(expected, problem)

    def test_withoutTheExtra(self) -> None:
        """It is told how to get it."""
        found = lambda name: None if name == "klein" else mock.sentinel.found  # noqa: E731
        with mock.patch("netsim.options.find_spec", found):
            self.assertIn("klein not installed: pip install 'netsim[datanode]'", self.refused())


class LogTests(SynchronousTestCase):
    """How much is logged."""

    def test_levels(self) -> None:
        """What is less important is left out."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        log = service._log(LogLevel.warn)
        log.info("chatter")
        log.warn("trouble")
        texts = [e["log_format"] for e in events if e["log_namespace"].endswith("grafana")]
        self.assertEqual(texts, ["trouble"])


class ServiceTests(TestCase):
    """With the real reactor, and a port on loopback."""

    @asynccontextmanager
    async def listening(self, *arguments: str) -> AsyncIterator[GrafanaService]:
        bridge = makeService(options("--port=0", NOWHERE, *arguments))
        [address] = await bridge.listen()
        bridge.url = f"http://127.0.0.1:{address.port}"  # type: ignore[attr-defined]
        try:
            yield bridge
        finally:
            await bridge.stopService()

    async def get(self, bridge: Any, path: str, **more: Any) -> Any:
        answer = await treq.get(f"{bridge.url}{path}", persistent=False, **more)
        await answer.content()
        return answer

    async def test_serves(self) -> None:
        """It answers whether there is a router or not: the API, and the page."""
        async with self.listening() as bridge:
            for path, status, kind in (
                ("/", 200, "application/json"),
                ("/live", 200, "text/html"),
                ("/assets/style.css", 200, "text/css"),
                ("/api/nodes", 500, "application/json"),
            ):
                answer = await self.get(bridge, path)
                [found] = answer.headers.getRawHeaders("content-type")
                self.assertEqual((answer.code, found.partition(";")[0]), (status, kind), path)

    async def test_token(self) -> None:
        """The token is asked for by the API, and not by the page."""
        async with self.listening("--token=x") as bridge:
            for path, status in (("/", 401), ("/?token=x", 200), ("/live", 200)):
                self.assertEqual((await self.get(bridge, path)).code, status, path)

    async def test_origin(self) -> None:
        """Pages that were named may see the answers."""
        async with self.listening("--allow-origin=http://grafana:3000") as bridge:
            answer = await self.get(bridge, "/", headers={"Origin": "http://grafana:3000"})
            self.assertTrue(answer.headers.hasHeader("Access-Control-Allow-Origin"))

    async def test_taken(self) -> None:
        """A port that is taken is told, and nothing else is begun."""
        async with self.listening() as bridge:
            port = bridge.url.rpartition(":")[2]  # type: ignore[attr-defined]
            other = makeService(options(f"--port={port}", NOWHERE))
            with self.assertRaises(CannotListenError):
                await other.listen()
            self.assertEqual(list(other), [])
            await other.stopService()

    async def test_stoppedEarly(self) -> None:
        """It can be stopped before it has listened."""
        await makeService(options("--port=0", NOWHERE)).stopService()
