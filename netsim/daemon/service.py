"""The C{netsim-daemon} service: where its parts are put together."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from netsim import options, process
from netsim.daemon.archive import Archive, default_path
from netsim.daemon.bridge import Bridge
from netsim.daemon.history import Retention
from netsim.daemon.model import Limits, Peer
from netsim.daemon.operations import About
from netsim.daemon.pages import add_page
from netsim.daemon.ports import open_pair
from netsim.daemon.rest import NAME, SOCKET, make_api
from netsim.daemon.swagger import add_docs, swagger_directory
from netsim.daemon.switchboard import Switchboard
from netsim.status.model import DEFAULT_PORT
from netsim.web import options as web
from netsim.web.access import Access
from netsim.web.door import FrontDoor
from netsim.web.site import make_site
from netsim.worker import Worker

IN_MEMORY = "none"
IDLE = 12 * 3600.0
"""Seconds: what the prototype had."""
LOOK = 60.0
"""Seconds between two looks whether anybody has asked for anything."""
GOING_AWAY = 1001
"""The close code of a server that stops: RFC 6455, section 7.4.1."""
STOP_WITHIN = 1.5
"""Seconds that stopping waits for what is to be written."""
SHOWN = 500
"""Characters of a message that C{--debug} prints."""

if TYPE_CHECKING:
    from netsim.daemon.websocket import StatusFactory

_LIMITS = Limits()
_RETENTION = Retention()


def http_port(text: str) -> int:
    """The port of HTTP; there is to be a next one."""
    port = options.port(text)
    if port == 65535:
        raise ValueError("expected at most 65534: the WebSocket is on the next port")
    return port


def some_bytes(text: str) -> int:
    """Read a size: at least a kilobyte, which is what a message takes."""
    if (number := options.size(text)) < 1024:
        raise ValueError("expected 1024 bytes or more, such as 64KiB")
    return number


class Options(options.ServiceOptions):
    """What C{netsim-daemon} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Keeps the status of running programs and passes their logs, and the calls of their"
        " actions, between them and web pages. Open the first address of the ready line in a"
        " browser; the second one is the WebSocket."
    )
    example = "--port 5000"
    environment = {"token": "NETSIM_DAEMON_TOKEN"}
    optParameters = [
        ["port", "p", DEFAULT_PORT, "HTTP; the WebSocket gets the next one. 0: two free ones.",
         http_port],
        *web.parameters("NETSIM_DAEMON_TOKEN"),
        ["database", "d", None, "The SQLite file that keeps logs and status; none: memory only."
         " [default: netsim/daemon-PORT.sqlite in the user's state directory]", str],
        ["keep-logs", None, _RETENTION.logs, "Lines that are kept of each project.",
         options.positive],
        ["keep-statuses", None, _RETENTION.statuses, "Statuses that are kept of each.",
         options.positive],
        ["keep-days", None, _RETENTION.age / 86400, "Days for which they are kept.",
         options.seconds],
        ["max-database", None, _RETENTION.size, "Bytes of all that is kept, such as 512MiB.",
         some_bytes],
        ["max-message", None, _LIMITS.message_size, "Bytes of a message, or a status.",
         some_bytes],
        ["max-projects", None, _LIMITS.projects, "Projects at once.", options.positive],
        ["max-connections", None, _LIMITS.connections, "WebSockets at once.", options.positive],
        ["max-backlog", None, _LIMITS.backlog_bytes, "Bytes that wait for a page that does not"
         " read; beyond them it misses log lines.", some_bytes],
        ["action-timeout", None, _LIMITS.action_timeout, "Seconds that a program has to answer.",
         options.seconds],
        ["idle", None, IDLE, "Seconds without any request, after which it ends.",
         options.seconds],
    ]  # fmt: skip
    optFlags = [
        ["debug", None, "Log every message that passes."],
        ["strict", None, "Refuse messages of types that the standard does not have."],
        *web.FLAGS,
        ["no-idle-shutdown", None, "Stay, however long nobody asks."],
    ]

    def postOptions(self) -> None:
        """Complain about what is not installed, and what would let strangers in."""
        super().postOptions()
        options.check_extra("daemon", "autobahn", "klein")
        web.check(self)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return web.is_local(self)

    @property
    def limits(self) -> Limits:
        """What the daemon bears."""
        return Limits(
            message_size=self["max-message"],
            projects=self["max-projects"],
            connections=self["max-connections"],
            action_timeout=self["action-timeout"],
            backlog_bytes=self["max-backlog"],
        )

    @property
    def retention(self) -> Retention:
        """What is kept, and for how long."""
        return Retention(
            logs=self["keep-logs"],
            statuses=self["keep-statuses"],
            age=self["keep-days"] * 86400,
            size=self["max-database"],
        )

    def path(self) -> Path | None:
        """Where the database is, if anywhere."""
        if self["database"] == IN_MEMORY or (self["database"] is None and not self["port"]):
            return None
        if self["database"] is not None:
            return Path(self["database"])
        return default_path(self["port"], os.environ)


class DaemonService(process.ServerService):
    """Opens both ports, and joins what listens there."""

    log = Logger()
    ranges = False

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        self._config = config
        self._began = reactor.seconds()
        self._reading = Worker(reactor, NAME)
        self._archive = Archive(reactor, config.path(), config.retention, time.time)
        self._board = Switchboard(
            Bridge(config.limits, bool(config["strict"])),
            self._archive,
            reactor,
            time.time,
            self._show if config["debug"] else None,
        )
        self._ports: list[Any] = []
        self._watching = LoopingCall(self._look_for_idleness)
        self._watching.clock = reactor

    async def listen(self) -> Iterable[IAddress]:
        """Take both ports, load what was kept, and then accept."""
        # The ports come first: a database is for the daemon that has them.
        pair = open_pair(self._config["host"], self._config["port"])
        try:
            await self._board.start()
            self._accept(pair)
        finally:
            for listening in pair:
                listening.close()
        if not self._config["no-idle-shutdown"]:
            self._watching.start(min(LOOK, max(0.1, self._config["idle"] / 10)), now=False)
        return [port.getHost() for port in self._ports]

    def stopService(self) -> Deferred[Any]:
        """Close all connections, and write what is left."""
        stopping: list[Deferred[Any]] = [super().stopService()]
        if self._watching.running:
            self._watching.stop()
        stopping += [maybeDeferred(port.stopListening) for port in self._ports]
        closing = self._board.stop(GOING_AWAY, "the daemon stops")
        stopping.append(closing.addTimeout(STOP_WITHIN, self._reactor).addErrback(self._not_closed))
        self._reading.stop()
        return gatherResults(stopping)

    def _accept(self, pair: tuple[socket.socket, socket.socket]) -> None:
        # What the extra brings: the options can be asked for without it.
        from netsim.daemon.websocket import StatusFactory

        http, websocket = pair
        access = self._access(each.getsockname()[1] for each in pair)
        limits = self._config.limits
        factory = StatusFactory(self._board, access, limits, self._reactor, time.time)
        for listening, served in (
            (http, make_site(self._root(access, factory), limits.message_size)),
            (websocket, factory),
        ):
            port = self._reactor.adoptStreamPort(listening.fileno(), listening.family, served)
            self._ports.append(port)

    def _access(self, ports: Iterable[int]) -> Access:
        config = self._config
        return Access(config["token"] or None, tuple(ports), config.is_loopback)

    def _root(self, access: Access, factory: StatusFactory) -> FrontDoor:
        """All that HTTP serves."""
        from autobahn.twisted.resource import WebSocketResource

        about = About(
            version("netsim"),
            self._config.limits,
            lambda: self._reactor.seconds() - self._began,
            self._config.path(),
            access.token is not None,
        )
        root = make_api(self._board, access, about, self._end)
        root.putChild(SOCKET, WebSocketResource(factory))
        add_page(root, self._reading.submit)
        add_docs(root, self._reading.submit, swagger_directory())
        return root

    def _end(self) -> None:
        process.set_exit_status(0)
        process.stop(self._reactor)

    def _look_for_idleness(self) -> None:
        idle = self._reactor.seconds() - self._board.last_traffic
        if idle >= self._config["idle"]:
            self.log.info("idle for {seconds:g} seconds: it ends", seconds=round(idle))
            self._end()

    def _show(self, arrow: str, peer: Peer, text: bytes) -> None:
        shown = text[:SHOWN].decode("utf-8", "replace")
        more = "..." if len(text) > SHOWN else ""
        self.log.info("{arrow} {peer} {text}{more}", arrow=arrow, peer=peer, text=shown, more=more)

    def _not_closed(self, reason: Any) -> None:
        self.log.warn("the last of what was logged may be lost: {why}", why=reason.value)


def makeService(config: Options) -> DaemonService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return DaemonService(config, reactor)
