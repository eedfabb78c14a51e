"""The C{netsim-hub} service: the router, and who keeps the list of nodes there."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from netsim import options, process
from netsim.addresses import join
from netsim.datanode.hub.home import Home, find_directory
from netsim.datanode.hub.leftovers import end_leftovers
from netsim.datanode.hub.program import find_crossbar
from netsim.datanode.hub.router import RouterProcess
from netsim.datanode.model import SERVER, Router
from netsim.datanode.options import RouterOptions
from netsim.datanode.place import split_url
from netsim.errors import RouterError
from netsim.web.options import host

if TYPE_CHECKING:
    from netsim.datanode.hub.configuration import Listening
    from netsim.datanode.link import Link

NAME = "netsim-hub"
LOCAL = "127.0.0.1"
_NAME = re.compile(r"[A-Za-z0-9_:.*-]+")


def names(text: str) -> list[str]:
    """Read host names and addresses, separated by commas."""
    found = text.split(",")
    if not all(map(_NAME.fullmatch, found)):
        raise ValueError("expected host names or addresses, such as lab.example,10.0.0.5")
    return found


class Options(RouterOptions):
    """What C{netsim-hub} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Keeps the list of data nodes, and runs crossbar, the WAMP router between them and those"
        " who ask; with --router it uses one that runs elsewhere. On first start it makes a"
        " certificate, and secrets for nodes and for web consumers, in its directory."
    )
    example = "--host 0.0.0.0 --name lab.example"
    environment = {
        **RouterOptions.environment,
        "port": "CROSSBAR_TLS_PORT",
        "ocs-port": "CROSSBAR_OCS_PORT",
    }
    optParameters = [
        ["router", "r", None, "Start none, and use this one, such as wss://HOST:8080/ws;"
         " --certificate, --user and --secret-file are for it.", split_url],
        ["host", None, LOCAL, "Where the port with TLS is bound.", host],
        ["port", "p", 8080, "The port with TLS. 0: a free one.", options.port],
        ["ocs-host", None, LOCAL, "Where the port of OCS is bound, on which nobody is asked who"
         " it is; other than loopback needs --insecure.", host],
        ["ocs-port", None, 8001, "The port of OCS. 0: a free one.", options.port],
        ["crossbar", None, None, "The router's program. [default: NETSIM_CROSSBAR, then what"
         " `netsim hub install-router` has installed, then that in PATH]", Path],
        ["name", "n", [], "What else this machine is called, separated by commas, for the"
         " certificate that is made.", names],
    ]  # fmt: skip
    optFlags = [
        ["debug", None, "Log all that the router says."],
        ["insecure", None, "Allow an --ocs-host that others can reach."],
    ]

    def parseArgs(self, *words: str) -> None:
        """There are none."""
        if words:
            raise usage.UsageError(f"unexpected {' '.join(words)}; expected options only")

    def check(self) -> None:
        """
        Complain about what is not installed, and what does not go together.

        @raise usage.UsageError: in one sentence.
        """
        if self["router"] is not None:
            self._refuse("crossbar", "name", why="--router is one that runs elsewhere")
            super().check()
            return
        options.check_extra("datanode", "autobahn", "psutil")
        self._refuse("certificate", "secret-file", why="they are for --router")
        if self["user"] != SERVER:
            raise usage.UsageError(f"--user: a router that is started knows hubs as {SERVER}")
        if self["port"] == self["ocs-port"] != 0:
            raise usage.UsageError(f"--port and --ocs-port are both {self['port']}")
        if not (ip_address(self["ocs-host"]).is_loopback or self["insecure"]):
            raise usage.UsageError(
                f"--ocs-host {self['ocs-host']}: whoever reaches it may do everything;"
                " that needs --insecure"
            )

    def _refuse(self, *given: str, why: str) -> None:
        if found := [f"--{name}" for name in given if self[name]]:
            raise usage.UsageError(f"{' and '.join(found)}: {why}")


class Command(Options, options.GroupOptions):
    """What C{netsim hub} can be told: the same, or to install a router."""

    commands = {
        "install-router": ("netsim.datanode.hub.install", "Install", "Install crossbar."),
    }

    def postOptions(self) -> None:
        """Complain, unless it is another command."""
        if self.subCommand is None:
            self.check()


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
        await end_leftovers(reactor, home.node)
        home.take_ports(config["host"], config["port"], config["ocs-host"], config["ocs-port"])
        own = [name for name in (socket.gethostname(),) if _NAME.fullmatch(name)]
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
        self._member.left()

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
        if self._link is None or self._link.session is not session:
            # It was lost meanwhile, which has been told.
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
