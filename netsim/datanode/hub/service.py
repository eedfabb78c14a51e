"""The C{netsim-hub} service: the router, and who keeps the list of nodes there."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim import process
from netsim.addresses import join
from netsim.datanode.hub.home import Home, find_directory
from netsim.datanode.hub.leftovers import end_leftovers
from netsim.datanode.hub.options import Command, Options, is_name
from netsim.datanode.hub.program import find_crossbar
from netsim.datanode.hub.router import RouterProcess
from netsim.datanode.model import SERVER, Router
from netsim.errors import HostError, RouterError

if TYPE_CHECKING:
    from netsim.datanode.hub.configuration import Listening
    from netsim.datanode.link import Link

__all__ = ["Command", "HubService", "Options", "makeService"]

NAME = "netsim-hub"
LOCAL = "127.0.0.1"
FREED_WITHIN = 3.0
LOOK = 0.1
"""Seconds."""


class HubService(process.ServerService):
    """Runs a router, and keeps the list of nodes in a session there."""

    log = Logger()
    ranges = False

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        from netsim.datanode.hub.member import Member

        self._config = config
        self._member = Member(reactor)
        self._link: Link | None = None
        self._home: Home | None = None
        self._first: Deferred[None] | None = None

    async def listen(self) -> Iterable[IAddress]:
        """Start the router, unless it runs elsewhere, and become the hub there."""
        self._first = Deferred()
        if self._config["router"] is not None:
            self._connect(self._config.router())
            await self._first
            return []
        listening = await self._start_router()
        await self._first
        places = ((listening.host, listening.port), (listening.plain_host, listening.plain_port))
        return [_address(*place) for place in places]

    def announce(self, addresses: Iterable[IAddress]) -> None:
        """Tell where the router is."""
        if self._config["router"] is None:
            super().announce(addresses)
        else:
            process.print_ready(f"{NAME} joined {self._config['router']}")

    def stopService(self) -> Deferred[None]:
        """Stop the router, and let others have what it used."""
        return super().stopService().addBoth(self._leave_home)

    async def _start_router(self) -> Listening:
        config, reactor = self._config, self._reactor
        program = find_crossbar(os.environ, config["crossbar"])
        self._home = home = Home(config["directory"] or find_directory(os.environ))
        home.take()
        were_any = await end_leftovers(reactor, home.node)
        await self._take_ports(home, FREED_WITHIN if were_any else 0.0)
        own = [name for name in (socket.gethostname(),) if is_name(name)]
        listening = home.prepare([*own, *config["name"]], os.environ, datetime.now(UTC))
        router = RouterProcess(
            reactor,
            program,
            home.node,
            up=lambda: self._connect(_own_router(listening)),
            down=self._disconnect,
            verbose=bool(config["debug"]),
        )
        self.log.info("starting {program} in {directory}", program=program, directory=home.node)
        running = router.when_up()
        router.setServiceParent(self)
        await running
        return listening

    async def _take_ports(self, home: Home, patience: float) -> None:
        """A process that has just ended may still have some threads, and with them its ports."""
        config, began = self._config, self._reactor.seconds()
        ports = (config["host"], config["port"], config["ocs-host"], config["ocs-port"])
        while True:
            try:
                home.take_ports(*ports)
            except HostError:
                if self._reactor.seconds() - began >= patience:
                    raise
            else:
                return
            await deferLater(self._reactor, LOOK)

    def _leave_home(self, result: Any) -> Any:
        if self._home is not None:
            self._home.leave()
        return result

    def _connect(self, router: Router) -> None:
        # What the extra brings: the options can be asked for without it.
        from netsim.datanode.link import Link

        self._link = Link(self._reactor, router, joined=self._joined, left=self._left)
        self._link.setServiceParent(self)

    def _disconnect(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.disownServiceParent()

    def _joined(self, session: Any) -> None:
        joining = Deferred.fromCoroutine(self._member.join(session))
        joining.addCallbacks(self._ready_for_nodes, self._cannot_be, errbackArgs=(session,))

    def _left(self, reason: str) -> None:
        self._member.left()

    def _ready_for_nodes(self, _: None) -> None:
        first, self._first = self._first, None
        if first is not None:
            first.callback(None)

    def _cannot_be(self, failure: Failure, session: Any) -> None:
        if not session.is_attached():
            # It was lost meanwhile, which the link tells, and there will be another one.
            return
        if self._first is not None:
            first, self._first = self._first, None
            first.errback(failure)
            return
        if failure.check(RouterError):
            self.log.error("{reason}", reason=failure.getErrorMessage())
        else:
            self.log.failure("the list of nodes cannot be made", failure)
        session.leave()


def makeService(config: Options) -> HubService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return HubService(config, reactor)


def _own_router(listening: Listening) -> Router:
    everywhere = {"0.0.0.0": LOCAL, "::": "::1"}
    place = join(everywhere.get(listening.host, listening.host), listening.port)
    secret = listening.secrets[SERVER]
    return Router(f"wss://{place}/ws", SERVER, secret, listening.certificate)


def _address(host: str, port: int) -> IAddress:
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)
