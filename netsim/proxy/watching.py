"""What a status daemon is told of a proxy, and what can be done to one from its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IAddress
from zope.interface import implementer

from netsim.addresses import describe
from netsim.errors import ActionError
from netsim.proxy.datagrams import DatagramProxy, DatagramSession
from netsim.proxy.factory import ProxyFactory
from netsim.proxy.recordings import Recordings
from netsim.proxy.session import ProxySession
from netsim.status.duties import Duty
from netsim.status.report import IWatched, Report, listed, moment, report_of, stop_soon

__all__ = ["ProxyWatch", "watch"]


@implementer(IWatched)
@frozen
class ProxyWatch:
    """
    A proxy, as its page shows it.

    @ivar address: where clients connect.
    @ivar upstream: the real server.
    @ivar end: stops the process soon, and says so.
    """

    proxy: ProxyFactory | DatagramProxy
    recordings: Recordings | None
    address: str
    upstream: str
    end: Callable[[], str]

    def status(self) -> dict[str, Any]:
        """How it is."""
        proxy, traffic = self.proxy, self.proxy.traffic
        recordings = self.recordings
        return {
            "address": self.address,
            "upstream": self.upstream,
            "sessions open": len(proxy.sessions),
            "sessions total": proxy.begun,
            "exchanges": traffic.exchanges,
            "bytes up": traffic.upstream,
            "bytes down": traffic.downstream,
            "recordings unfinished": 0 if recordings is None else recordings.unfinished,
            "sessions": listed({session.number: _told(session) for session in proxy.ongoing}),
        }

    def duties(self) -> Iterable[Duty]:
        """What can be done to it."""
        return [self.close_session, self.stop]

    def close_session(self, session: int) -> str:
        """End a session at once; what was recorded of it is kept, and marked as partial."""
        if not self.proxy.close(session):
            raise ActionError(f"there is no session {session}")
        return f"session {session} is closed"

    def stop(self) -> str:
        """Stop the proxy: all sessions end, and their recordings are finished."""
        return self.end()


def watch(
    reactor: Any,
    config: Mapping[str, Any],
    proxy: Any,
    recordings: Recordings | None,
    address: IAddress,
) -> Report:
    """
    Make the report of a proxy.

    @param config: its options.
    @param address: where it listens.
    """
    end = partial(stop_soon, reactor)
    watched = ProxyWatch(proxy, recordings, describe(address), str(config["remote"]), end)
    return report_of(reactor, config, "netsim-proxy", [address], watched)


def _told(session: ProxySession | DatagramSession) -> dict[str, Any]:
    traffic = session.traffic
    return {
        "peer": session.peer,
        "exchanges": traffic.exchanges,
        "bytes up": traffic.upstream,
        "bytes down": traffic.downstream,
        "since": moment(session.since),
    }
