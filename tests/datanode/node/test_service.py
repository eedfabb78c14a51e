"""Tests for L{netsim.datanode.node.service}."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

from twisted.application.service import IService, Service
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.datanode import link
from netsim.datanode.node import service, weather
from netsim.datanode.node.service import NodeService, Options
from netsim.errors import DataFileError


class FakeLink(Service):
    """Stands for the link to the router."""

    made: list[FakeLink] = []

    def __init__(self, reactor: Any, router: Any, make: Any) -> None:
        self.router = router
        self.make = make
        self.made.append(self)


class ServiceTests(SynchronousTestCase):
    """A node, up to its link."""

    def setUp(self) -> None:
        self.patch(os, "environ", {"HOME": self.mktemp(), "WAMP_SECRET": "told to nobody"})
        self.patch(link, "Link", FakeLink)
        self.patch(FakeLink, "made", [])
        self.addCleanup(process.set_exit_status, None)
        self.stdout = io.StringIO()
        self.patch(sys, "__stdout__", self.stdout)
        self.reactor = MemoryReactorClock()

    def start(self, *words: str) -> NodeService:
        """Start a node, and run what waits for the reactor."""
        options = Options()
        options.parseOptions(list(words))
        node = NodeService(str(options.subCommand), options.subOptions, self.reactor)
        node.startService()
        for hook, arguments, _ in self.reactor.whenRunningHooks:
            hook(*arguments)
        return node

    def test_ready(self) -> None:
        """It is ready once the hub has taken the node, and that is told once."""
        self.start("example-weather", "--max-points=7")
        [made] = FakeLink.made
        self.assertEqual(self.stdout.getvalue(), "")
        node = made.make(None)
        self.assertEqual(node.name, "apex_archive")
        for _ in range(2):
            node.added()
        self.assertEqual(
            self.stdout.getvalue(),
            "netsim-node serving apex_archive at wss://127.0.0.1:8080/ws\n",
        )

    def test_router(self) -> None:
        """Where the router is, and who one is to it, comes from options and environment."""
        self.start("example-weather", "--router=wss://far.example:1/ws", "--user=simonsobs")
        router = FakeLink.made[0].router
        self.assertEqual((router.url, router.user), ("wss://far.example:1/ws", "simonsobs"))
        self.assertEqual(router.secret, "told to nobody")
        self.assertNotIn("told", repr(router))

    def test_services(self) -> None:
        """A source that is a service is started and stopped with the node."""
        node = self.start("data-feed", "--target=x", "--feed=y", "--name=z")
        sources = [each for each in node if not isinstance(each, FakeLink)]
        for each in sources:
            self.assertTrue(IService(each).running)
        self.successResultOf(node.stopService())
        self.assertFalse(any(IService(each).running for each in sources))
        self.assertIsNone(FakeLink.made[0].router.user)

    def test_no_source(self) -> None:
        """Data that cannot be served end it with one sentence."""
        failed: list[str] = []
        self.patch(process, "fail", lambda reactor, text: failed.append(text))

        def refuse(config: Any, reactor: Any) -> None:
            raise DataFileError("there is no weather")

        self.patch(weather, "make_source", refuse)
        self.start("example-weather")
        self.assertEqual(failed, ["Cannot start: there is no weather"])

    def test_no_secret(self) -> None:
        """Without a secret nobody gets in: how to get one is told."""
        failed: list[str] = []
        self.patch(process, "fail", lambda reactor, text: failed.append(text))
        del os.environ["WAMP_SECRET"]
        self.start("example-weather")
        self.assertIn("start netsim-hub first", failed[0])

    def test_make_service(self) -> None:
        """The plugin's way."""
        options = Options()
        options.parseOptions(["csv", "--directory=.", "--data-directory=.", "--name=n"])
        self.assertIsInstance(service.makeService(options), NodeService)
