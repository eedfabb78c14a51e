"""One proxied session, from the client's connection to its recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.addresses import describe
from netsim.proxy.protocol import End, client_end, server_end
from netsim.proxy.recording import Summary
from netsim.proxy.recordings import Recordings
from netsim.proxy.traffic import Traffic

log = Logger()


class ProxySession:
    """
    Joins a client to the upstream, and hands in the journal when both are gone.

    @ivar client: the end to be connected to the client.
    @ivar number: it is the only one of its factory that has it.
    @ivar since: when the client connected, Unix seconds.
    """

    def __init__(
        self,
        upstream: IStreamClientEndpoint,
        recordings: Recordings | None,
        gone: Callable[[ProxySession], None],
        number: int = 0,
        since: float = 0.0,
    ) -> None:
        """
        @param recordings: where the journal goes; without it, nothing is recorded.
        @param gone: called when the session has ended.
        """
        self.number = number
        self.since = since
        self.client = client_end(self)
        self._server = server_end(self)
        self._upstream = upstream
        self._recordings = recordings
        self._gone = gone
        self._journal = None if recordings is None else recordings.begin()
        self._connecting: Deferred[Any] | None = None
        self._open: set[End] = set()
        self._address = ""
        self._closed_by = ""
        self._broken = False

    @property
    def peer(self) -> str:
        """The client's address; empty before it is known."""
        return self._address

    @property
    def traffic(self) -> Traffic:
        """What went through it so far."""
        return Traffic(self.client.turns, self.client.heard, self._server.heard)

    def opened(self, end: End) -> None:
        """The client's end is connected first, and then the server's."""
        self._open.add(end)
        if end is self.client:
            self._address = describe(end.transport.getPeer())
            self._connecting = connecting = self._upstream.connect(_Only(self._server))
            connecting.addErrback(self._unreachable)
            return
        self._connecting = None
        self.client.join(self._server, self._journal)
        self._server.join(self.client, self._journal)
        for either in (self.client, self._server):
            either.transport.resumeProducing()

    def closing(self, end: End, reason: Failure | None = None) -> None:
        """The end that closes first is the one that ended the session."""
        if reason is None or reason.check(ConnectionDone):
            self._close(end.name, broken=False)
            return
        if not self._closed_by:
            log.warn(
                "{client}: the connection to the {end} broke: {reason}",
                client=self._address,
                end=end.name,
                reason=reason.getErrorMessage(),
            )
        self._close(end.name, broken=True)

    def lost(self, end: End) -> None:
        """When both ends are gone, the recording can be finished."""
        self._open.discard(end)
        if self._connecting is not None:
            self._connecting.cancel()
        if not self._open:
            self._hand_in()
            self._gone(self)

    def stop(self) -> None:
        """End the session at once."""
        self._close("proxy", broken=True)
        if self._connecting is not None:
            self._connecting.cancel()
        for end in list(self._open):
            end.transport.abortConnection()

    def _hand_in(self) -> None:
        if self._journal is None or self._recordings is None:
            log.info("{client}: closed by the {by}", client=self._address, by=self._closed_by)
            return
        self._journal.close(self._closed_by, self._broken)
        self._recordings.finish(self._journal).addCallback(self._tell)

    def _tell(self, summary: Summary | None) -> None:
        if summary is not None:
            log.info(
                "{client}: {summary.exchanges} exchanges, {summary.upstream} bytes up,"
                " {summary.downstream} bytes down, closed by the {by} -> {summary.path}",
                client=self._address,
                summary=summary,
                by=self._closed_by,
            )

    def _close(self, by: str, broken: bool) -> None:
        self._closed_by = self._closed_by or by
        self._broken = self._broken or broken

    def _unreachable(self, reason: Failure) -> None:
        self._connecting = None
        if self._closed_by:
            # The session ended first: it does not want the server any more.
            return
        log.warn("the server cannot be reached: {reason}", reason=reason.getErrorMessage())
        self._close("server", broken=True)
        self.client.transport.loseConnection()


class _Only(Factory):
    """Builds the one protocol it was given, and says nothing."""

    noisy = False

    def __init__(self, end: End) -> None:
        self._end = end

    def buildProtocol(self, addr: IAddress | None) -> End:
        return self._end
