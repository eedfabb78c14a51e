"""The C{netsim-grafana} service: where its parts are put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress
from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogPublisher,
)

from netsim import options, process
from netsim.datanode.options import RouterOptions
from netsim.web import options as web
from netsim.web.access import Access, read_origin
from netsim.web.site import make_site
from netsim.worker import Worker

NAME = "netsim-grafana"
PORT = 5000
LONGEST_BODY = 4 << 20
LEVELS = {
    "trace": LogLevel.debug,
    "debug": LogLevel.debug,
    "info": LogLevel.info,
    "warn": LogLevel.warn,
    "warning": LogLevel.warn,
    "error": LogLevel.error,
    "critical": LogLevel.critical,
    "none": LogLevel.critical,
}
"""By the names that existing deployments use, too."""


def level(text: str) -> str:
    """Read the name of a log level."""
    if text.lower() not in LEVELS:
        raise ValueError(f"expected one of {', '.join(LEVELS)}")
    return text.lower()


def origins(text: str) -> frozenset[str]:
    """Read origins of pages, separated by commas."""
    return frozenset(read_origin(part.strip()) for part in text.split(","))


class Options(RouterOptions):
    """What C{netsim-grafana} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Serves what data nodes have to Grafana, as a data source of SimpleJson or JSON, and"
        " shows it at /live. The ready line tells the URL of the data source."
    )
    example = "--port 5000"
    environment = {
        **RouterOptions.environment,
        "port": "PORT",
        "log-level": "LOGLEVEL",
        "token": "NETSIM_GRAFANA_TOKEN",
    }
    optParameters = [
        ["port", "p", PORT, "HTTP; 0: a free one.", options.port],
        *web.parameters("NETSIM_GRAFANA_TOKEN"),
        ["allow-origin", None, frozenset(), "Whose pages may ask, such as"
         " http://grafana.example.org:3000: Grafana with access from the browser; several are"
         " separated by commas, * is all.", origins],
        ["timeout", "t", 10.0, "Seconds that a node has to answer.", options.some_seconds],
        ["log-level", "l", "info", f"How much is logged of nodes: {', '.join(LEVELS)}.", level],
    ]  # fmt: skip
    optFlags = [*web.FLAGS]

    def postOptions(self) -> None:
        """Complain about what is not installed, and what would let strangers in."""
        super().postOptions()
        options.check_extra("datanode", "klein", "orjson")
        web.check(self)


class GrafanaService(process.ServerService):
    """Keeps a session at the router, and answers HTTP from what it can ask there."""

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        self._config = config
        self._worker = Worker(reactor, NAME)
        self._port: Any = None
        self._fetcher: Any = None

    async def listen(self) -> Iterable[IAddress]:
        """Open the port; the router may come later."""
        # What the extra brings: the options can be asked for without it.
        from netsim.datanode.grafana.fetch import Fetcher
        from netsim.datanode.link import Link

        config, reactor = self._config, self._reactor
        router = config.router()
        log = _log(LEVELS[config["log-level"]])
        self._fetcher = Fetcher(reactor, self._worker.submit, log, config["timeout"])
        self._port = self._open()
        nodes = self._fetcher.nodes
        Link(reactor, router, joined=nodes.joined, left=nodes.left).setServiceParent(self)
        return [self._port.getHost()]

    def stopService(self) -> Deferred[Any]:
        """Close the port, and leave the router."""
        stopping: list[Deferred[Any]] = [super().stopService()]
        if self._port is not None:
            stopping.append(maybeDeferred(self._port.stopListening))
        if self._fetcher is not None:
            self._fetcher.nodes.left()
        self._worker.stop()
        return gatherResults(stopping)

    def _open(self) -> Any:
        """Every listening factory is made here."""
        from netsim.datanode.grafana.http import make_root
        from netsim.datanode.grafana.pages import add_page

        config = self._config
        access = Access(
            config["token"] or None,
            (),
            web.is_local(config),
            config["allow-origin"],
        )
        root = make_root(self._fetcher, access)
        add_page(root, self._worker.submit)
        site = make_site(root, LONGEST_BODY, self._reactor)
        return self._reactor.listenTCP(config["port"], site, interface=config["host"])


def makeService(config: Options) -> GrafanaService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return GrafanaService(config, reactor)


def _log(level: Any) -> Logger:
    """A log that leaves out what is less important than this."""
    filtered = FilteringLogObserver(
        globalLogPublisher, [LogLevelFilterPredicate(defaultLogLevel=level)]
    )
    return Logger("netsim.datanode.grafana", observer=filtered)
