"""The factory whose protocols record: one session for each client."""

from __future__ import annotations

from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from netsim.proxy.protocol import End
from netsim.proxy.recordings import Recordings
from netsim.proxy.session import ProxySession


class ProxyFactory(Factory):
    """
    Connects every client to the upstream and records what they say to each other.

    @ivar sessions: those that are going on.

    Example::

        recordings = Recordings(Path("proxy_script"), time.time, Aside(reactor))
        factory = ProxyFactory(clientFromString(reactor, "tcp:host:80"), recordings)
        serverFromString(reactor, "tcp:8088:interface=127.0.0.1").listen(factory)
    """

    noisy = False
    log = Logger()

    def __init__(
        self, upstream: IStreamClientEndpoint, recordings: Recordings | None = None
    ) -> None:
        """@param recordings: without it everything is forwarded and nothing recorded."""
        self.sessions: set[ProxySession] = set()
        self._upstream = upstream
        self._recordings = recordings

    def buildProtocol(self, addr: IAddress | None) -> End:
        """A session begins."""
        session = ProxySession(self._upstream, self._recordings, self.sessions.discard)
        self.sessions.add(session)
        return session.client

    def stop(self) -> None:
        """End every session."""
        for session in list(self.sessions):
            session.stop()
