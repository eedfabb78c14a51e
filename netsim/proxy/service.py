"""The C{netsim-proxy} service: where its parts are put together."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python import usage

from netsim import options
from netsim.addresses import Address
from netsim.process import ServerService, set_exit_status
from netsim.proxy.aside import Aside
from netsim.proxy.datagrams import DEFAULT_IDLE, DatagramProxy, resolved
from netsim.proxy.factory import ProxyFactory
from netsim.proxy.recordings import Recordings
from netsim.status.options import ReportOptions

NAME = "netsim-proxy"
FLUSH_WITHIN = 1.5
"""Seconds that stopping waits for recordings; what is not finished then is recovered later."""


class Options(ReportOptions):
    """What C{netsim-proxy} can be told."""

    synopsis = "-r HOST:PORT [options]"
    longdesc = (
        "Records what clients and a real server say to each other. Every client gets"
        " a file of its own, BASENAME-1.json and so on, which netsim-replay plays."
    )
    example = "-r instrument.example:5025 -l localhost:5025 -o session"
    optParameters = [
        ["remote", "r", None, "The real server: an address.", options.address],
        ["listen", "l", Address.parse("localhost:8088"), "Where clients connect.", options.address],
        ["output", "o", "proxy_script", "Path and beginning of the recordings' names."],
        ["idle", None, DEFAULT_IDLE, "With udp: seconds of silence that end a session.",
         options.seconds],
    ]  # fmt: skip
    optFlags = [
        ["fsync", None, "Wait for the disk after every write."],
        ["no-record", None, "Forward only."],
    ]

    def postOptions(self) -> None:
        """Complain about what is missing."""
        super().postOptions()
        if self["remote"] is None:
            raise usage.UsageError("--remote: the address of the real server is missing")
        if self["remote"].is_datagram and self["listen"].port is None:
            raise usage.UsageError("--listen: with a udp server, expected host:port")


class ProxyService(ServerService):
    """Listens, records, and finishes what it can when it is stopped."""

    log = Logger()

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        self._config = config
        self._aside = Aside(reactor)
        self._port: Any = None
        self._proxy: ProxyFactory | DatagramProxy | None = None
        self._recordings = self._make_recordings()

    async def listen(self) -> Iterable[IAddress]:
        """Finish what an earlier proxy left, then accept clients."""
        if self._recordings is not None:
            self._recordings.check()
            await self._recordings.recover()
        if self._config["remote"].is_datagram:
            await self._listen_for_datagrams()
        else:
            upstream = self._config["remote"].client(self._reactor)
            self._proxy = ProxyFactory(upstream, self._recordings)
            self._port = await self._config["listen"].server(self._reactor).listen(self._proxy)
        return [self._port.getHost()]

    def ready(self) -> None:
        """Tell a status daemon how it goes, where one is to know."""
        if self._config["daemon"] is not None:
            # Here, as few need what it loads.
            from netsim.proxy.watching import watch

            where = self._port.getHost()
            report = watch(self._reactor, self._config, self._proxy, self._recordings, where)
            report.setServiceParent(self)

    def stopService(self) -> Deferred[Any]:
        """End all sessions; their recordings are finished, or can be recovered."""
        stopping: list[Deferred[Any]] = [super().stopService()]
        if self._port is not None:
            stopping.append(maybeDeferred(self._port.stopListening))
        if self._proxy is not None:
            self._proxy.stop()
        if self._recordings is not None:
            stopping.append(self._flush(self._recordings))
        return gatherResults(stopping)

    def _make_recordings(self) -> Recordings | None:
        if self._config["no-record"]:
            return None
        basename, fsync = Path(self._config["output"]), bool(self._config["fsync"])
        return Recordings(basename, time.time, self._aside, fsync)

    async def _listen_for_datagrams(self) -> None:
        listen, remote = self._config["listen"], self._config["remote"]
        upstream = await resolved(self._reactor, remote)
        self._proxy = DatagramProxy(self._reactor, upstream, self._recordings, self._config["idle"])
        self._port = self._reactor.listenUDP(listen.port, self._proxy, listen.interface)

    def _flush(self, recordings: Recordings) -> Deferred[None]:
        flushing = recordings.flush().addTimeout(FLUSH_WITHIN, self._reactor)
        return flushing.addErrback(lambda _: None).addCallback(lambda _: self._judge(recordings))

    def _judge(self, recordings: Recordings) -> None:
        self._aside.stop()
        if recordings.unfinished:
            self.log.warn(
                "{count} recordings are not finished; the next start with the same"
                " basename, or `netsim recover`, does it",
                count=recordings.unfinished,
            )
        if recordings.troubled:
            set_exit_status(1)


def makeService(config: Options) -> ProxyService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return ProxyService(config, reactor)
