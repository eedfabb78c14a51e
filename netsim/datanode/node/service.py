"""The C{netsim-node} service: serves one of the kinds that ship."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress

from netsim import options, process
from netsim.datanode.node.kinds import KINDS, SOURCES
from netsim.datanode.options import NodeOptions

NAME = "netsim-node"


class Options(options.GroupOptions):
    """Which kind of node."""

    synopsis = ""
    longdesc = (
        "Serves time series to the hub of a WAMP router. `netsim node KIND --help` tells what"
        " a kind can be told."
    )
    example = "example-weather"
    commands = KINDS
    service = "netsim.datanode.node.service"


class NodeService(process.ServerService):
    """Keeps one node at its hub."""

    def __init__(self, kind: str, config: NodeOptions, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        self._kind = kind
        self._config = config
        self._url = ""

    async def listen(self) -> Iterable[IAddress]:
        """Make the source, and join; ready once the hub has taken the node."""
        # What the extra brings: the options can be asked for without it.
        from netsim.datanode.link import Link
        from netsim.datanode.sourcenode import Serving, SourceNode

        router = self._config.router()
        self._url = router.url
        source = import_module(SOURCES[self._kind]).make_source(self._config, self._reactor)
        if IService.providedBy(source):
            source.setServiceParent(self)
        added: Deferred[None] = Deferred()
        serving = Serving(source, self._config["max-points"], self._config["allowance"])
        make = partial(
            SourceNode,
            serving=serving,
            reactor=self._reactor,
            # It is added again after each loss of the router or the hub.
            added=lambda node: None if added.called else added.callback(None),
        )
        Link(self._reactor, router, make).setServiceParent(self)
        await added
        return []

    def announce(self, addresses: Iterable[IAddress]) -> None:
        """Tell what is served, and where."""
        process.print_ready(f"{NAME} serving {self._config.name} at {self._url}")


def makeService(config: Options) -> NodeService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return NodeService(str(config.subCommand), config.subOptions, reactor)
