"""A real crossbar, and hubs, for those who need a WAMP router."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psutil
from twisted.trial.unittest import SkipTest

from netsim.datanode.hub.certificate import find_certificate
from netsim.datanode.hub.configuration import Listening, render
from netsim.datanode.hub.files import make_directory, replace_private
from netsim.datanode.hub.leftovers import find_leftovers
from netsim.datanode.hub.secrets import find_secrets
from netsim.datanode.model import SERVER, WEB
from tests.integration.processes import (
    PATIENCE,
    ROOT,
    IntegrationTestCase,
    Process,
    Service,
    netsim,
)

__all__ = ["Hub", "Router", "kill_leftovers", "require_crossbar"]

T = TypeVar("T")
UP = r"NODE_BOOT_COMPLETE"
INSTALLED = ROOT / "build" / "crossbar" / "bin" / "crossbar"


def require_crossbar() -> Path:
    """
    Find crossbar: NETSIM_CROSSBAR names it, or C{make test} has installed it.

    @raise SkipTest: it is not there.
    @raise AssertionError: it is not there, and C{NETSIM_REQUIRE_INTEGRATION} is 1.
    """
    found = Path(os.environ.get("NETSIM_CROSSBAR") or INSTALLED)
    if os.access(found, os.X_OK):
        return found
    missing = f"{found} is not there: netsim hub install-router, and NETSIM_CROSSBAR"
    if os.environ.get("NETSIM_REQUIRE_INTEGRATION") == "1":
        raise AssertionError(missing)
    raise SkipTest(missing)


def patiently(wait: Callable[[], T]) -> T:
    """Wait longer: to start takes crossbar 5 seconds of a core, of which others want a share."""
    for _ in range(2):
        with suppress(AssertionError):
            return wait()
    return wait()


def kill_tree(process: Process) -> None:
    """End a process that we have started at once, and those that it has started."""
    try:
        found = psutil.Process(process.pid)
        family = [found, *found.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.status()
    psutil.wait_procs(family[1:], PATIENCE)


def kill_leftovers(directory: Path) -> None:
    """End the router that a hub of this directory has left: killed ones leave theirs."""
    left = find_leftovers(directory / "router")
    for process in left:
        process.kill()
    psutil.wait_procs(left, PATIENCE)


class Place:
    """
    Where a router is, and what its users know.

    @ivar directory: that of its hub, for C{--directory}: certificate and secrets.
    @ivar port: the one with TLS.
    @ivar plain_port: that of OCS, where nobody is asked who it is.
    """

    def __init__(self, test: IntegrationTestCase, directory: Path | None = None) -> None:
        self.test = test
        self.directory = directory or test.directory / "hub"
        self.port, self.plain_port = test.reserve_port(), test.reserve_port()
        self.url = f"wss://127.0.0.1:{self.port}/ws"
        self.plain_url = f"ws://127.0.0.1:{self.plain_port}/ws"
        self.certificate = self.directory / "server_cert.pem"

    @property
    def secret(self) -> str:
        """What nodes and hubs know."""
        return (self.directory / "secret").read_text().strip()

    @property
    def consumer_secret(self) -> str:
        """What web consumers know."""
        return (self.directory / "consumer_secret").read_text().strip()

    @property
    def options(self) -> list[str]:
        """For C{netsim-node} and others, so that they find this router."""
        return [f"--router={self.url}", f"--directory={self.directory}"]

    @property
    def environment(self) -> Mapping[str, str]:
        """The same, as the document has it."""
        return {
            "WAMP_USER": SERVER,
            "WAMP_SECRET": self.secret,
            "CROSSBAR_HOST": "127.0.0.1",
            "CROSSBAR_TLS_PORT": str(self.port),
            "CROSSBAR_OCS_PORT": str(self.plain_port),
        }


class Router(Place):
    """
    A crossbar without a hub, with the configuration that hubs generate.

    @ivar process: it.
    """

    process: Process

    def __init__(self, test: IntegrationTestCase, directory: Path | None = None) -> None:
        super().__init__(test, directory)
        self._program = require_crossbar()
        make_directory(self.directory)
        certificate = find_certificate(self.directory, [], datetime.now(UTC))
        secrets = find_secrets({}, self.directory)
        assert set(secrets) == {SERVER, WEB}
        ports = ("127.0.0.1", self.port, "127.0.0.1", self.plain_port)
        listening = Listening(*ports, certificate.path, certificate.key, secrets)
        self._node = self.directory / "router"
        make_directory(self._node)
        replace_private(self._node / "config.json", render(listening).encode())
        self.start()

    def start(self) -> None:
        """Start it, also again, and wait until both ports accept."""
        words = ["start", "--cbdir", self._node, "--color=false", "--logformat=none"]
        self.process = self.test.start(self._program, *words, environment={"PYTHONUNBUFFERED": "1"})
        self.test.addCleanup(kill_tree, self.process)
        patiently(lambda: self.process.says(UP))

    def kill(self) -> None:
        """End it at once; its ports are closed on return."""
        kill_tree(self.process)


class Hub(Place):
    """
    A hub with a crossbar of its own.

    @ivar service: it; its ready line is out.
    """

    service: Service

    def __init__(
        self, test: IntegrationTestCase, directory: Path | None = None, start: bool = True
    ) -> None:
        super().__init__(test, directory)
        self._program = require_crossbar()
        test.addCleanup(kill_leftovers, self.directory)
        if start:
            self.start()

    def start(self, *options: str, ready: bool = True) -> Service:
        """Start it, also again."""
        self.service = service = self.test.serve(
            *netsim("netsim-hub"),
            f"--directory={self.directory}",
            f"--port={self.port}",
            f"--ocs-port={self.plain_port}",
            f"--crossbar={self._program}",
            *options,
            ready=False,
        )
        if ready:
            patiently(lambda: service.address)
        return service
