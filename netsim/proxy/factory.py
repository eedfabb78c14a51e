"""The factory whose protocols record: one session for each client."""

from __future__ import annotations

import time
from collections.abc import Callable

from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from netsim.proxy.protocol import End
from netsim.proxy.recordings import Recordings
from netsim.proxy.session import ProxySession
from netsim.proxy.traffic import Traffic


class ProxyFactory(Factory):
    """
    Connects every client to the upstream and records what they say to each other.

    @ivar sessions: those that are going on.
    @ivar begun: how many there were until now.

    Example::

        recordings = Recordings(Path("proxy_script"), time.time, Aside(reactor))
        factory = ProxyFactory(clientFromString(reactor, "tcp:host:80"), recordings)
        serverFromString(reactor, "tcp:8088:interface=127.0.0.1").listen(factory)
    """

    noisy = False
    log = Logger()

    def __init__(
        self,
        upstream: IStreamClientEndpoint,
        recordings: Recordings | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        @param recordings: without it everything is forwarded and nothing recorded.
        @param now: Unix seconds.
        """
        self.sessions: set[ProxySession] = set()
        self.begun = 0
        self._past = Traffic()
        self._now = now
        self._upstream = upstream
        self._recordings = recordings

    def buildProtocol(self, addr: IAddress | None) -> End:
        """A session begins."""
        self.begun += 1
        session = ProxySession(
            self._upstream, self._recordings, self._gone, self.begun, self._now()
        )
        self.sessions.add(session)
        return session.client

    @property
    def ongoing(self) -> list[ProxySession]:
        """The sessions that are going on, in the order in which they began."""
        return sorted(self.sessions, key=lambda session: session.number)

    @property
    def traffic(self) -> Traffic:
        """What went through all sessions until now."""
        return sum((session.traffic for session in self.sessions), self._past)

    def close(self, number: int) -> bool:
        """End the session of this number at once; whether there is one."""
        for session in self.sessions:
            if session.number == number:
                session.stop()
                return True
        return False

    def stop(self) -> None:
        """End every session."""
        for session in list(self.sessions):
            session.stop()

    def _gone(self, session: ProxySession) -> None:
        if session in self.sessions:
            self.sessions.discard(session)
            self._past += session.traffic
