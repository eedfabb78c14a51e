"""What is known by one name: a program's connections, its frontends and its status."""

from __future__ import annotations

from typing import Any

from netsim.daemon.model import Peer, ProjectState

__all__ = ["Project"]


class Project:
    """
    One of them.

    @ivar last_seen: Unix time of the last sign of life of a program.
    @ivar synced: Unix time of the last sync, if there was one.
    @ivar status: what it said.
    """

    def __init__(self, name: str, last_seen: float) -> None:
        self.name = name
        self.last_seen = last_seen
        self.synced: float | None = None
        self.status: dict[str, Any] = {}
        # In the order in which they have come.
        self._clis: dict[Peer, None] = {}
        self._webs: dict[Peer, None] = {}
        self._audience: tuple[Peer, ...] | None = None

    @property
    def has_cli(self) -> bool:
        """Whether a program is connected."""
        return bool(self._clis)

    @property
    def receiver(self) -> Peer | None:
        """The program's connection that gets the actions: the newest."""
        return next(reversed(self._clis), None)

    @property
    def audience(self) -> tuple[Peer, ...]:
        """All frontends; made anew only when one has come or gone, for there are many messages."""
        if self._audience is None:
            self._audience = tuple(self._webs)
        return self._audience

    def add_cli(self, peer: Peer) -> None:
        """A program's connection is the newest from now on, even if it was there before."""
        self._clis.pop(peer, None)
        self._clis[peer] = None

    def add_web(self, peer: Peer) -> None:
        """A frontend watches."""
        self._webs[peer] = None
        self._audience = None

    def remove(self, peer: Peer) -> None:
        """It is no connection of this project any more, whatever it was."""
        self._clis.pop(peer, None)
        self._webs.pop(peer, None)
        self._audience = None

    def clear(self) -> None:
        """Remove what is known of it, but for its frontends."""
        self.synced = None
        self.status = {}

    def sync(self, status: dict[str, Any], now: float) -> None:
        """A program has told its status."""
        self.status = status
        self.synced = self.last_seen = now

    def is_online(self, now: float, seconds: float) -> bool:
        """
        Whether a program is connected, or has told its status within so many seconds.

        A sync that is yet to come does not count for ever: the clock may have been set back.
        """
        return self.has_cli or (self.synced is not None and abs(now - self.synced) <= seconds)

    def state(self, now: float, seconds: float, pending: int) -> ProjectState:
        """Tell how it is."""
        return ProjectState(
            name=self.name,
            online=self.is_online(now, seconds),
            clis=len(self._clis),
            webs=len(self._webs),
            pending=pending,
            last_seen=self.last_seen,
            synced=self.synced,
            status=self.status,
        )
