"""The actions that wait for their answers."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from attrs import frozen

from netsim.daemon.model import Peer

__all__ = ["FIRST_ID", "Pending", "Waiting", "is_own_id"]

FIRST_ID = 10**12
"""The ids that the daemon gives begin here; those of frontends end at 10**11."""

_BEGINNINGS = 10**15
"""Ids to begin with; below 2**53, which all can read, there is room for 8 times as many."""

_SLACK = 64


@frozen
class Waiting:
    """
    One of them.

    @ivar event_id: by which the program knows it: the daemon's own.
    @ivar asker: who gets the answer.
    @ivar asked_id: by which the asker knows it.
    @ivar cli: the connection that it went to.
    @ivar timeout: seconds that it waits, in all.
    @ivar deadline: Unix time at which it has waited for too long.
    """

    event_id: int
    asker: Peer
    asked_id: int
    project: str
    cli: Peer
    timeout: float
    deadline: float


class Pending:
    """
    All of them.

    Each leaves it once, whichever way: it is answered, its time is up, or one of the two
    connections that it concerns is gone.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        self._by_project: dict[str, int] = {}
        self._by_peer: dict[Peer, dict[int, None]] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._last_id = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def count(self, project: str) -> int:
        """How many actions of a project wait."""
        return self._by_project.get(project, 0)

    def new_id(self, now: float) -> int:
        """
        Give an id that was never given.

        It begins with the time: a program may still answer what an earlier daemon has asked.
        """
        if not self._last_id:
            self._last_id = FIRST_ID + int(now * 1000) % _BEGINNINGS
        self._last_id += 1
        return self._last_id

    def add(self, waiting: Waiting) -> None:
        """An action was sent."""
        event_id = waiting.event_id
        self._waiting[event_id] = waiting
        self._by_project[waiting.project] = self.count(waiting.project) + 1
        for peer in (waiting.asker, waiting.cli):
            self._by_peer.setdefault(peer, {})[event_id] = None
        heappush(self._deadlines, (waiting.deadline, event_id))

    def take(self, event_id: int, project: str) -> Waiting | None:
        """It is answered by a program of this project; nothing, if no action waits for that."""
        waiting = self._waiting.get(event_id)
        if waiting is None or waiting.project != project:
            return None
        self._remove(waiting)
        return waiting

    def leave(self, peer: Peer) -> list[Waiting]:
        """Remove and give those which it has asked for, or which were sent to it."""
        left = [self._waiting[event_id] for event_id in self._by_peer.get(peer, ())]
        for waiting in left:
            self._remove(waiting)
        return left

    def expire(self, now: float) -> list[Waiting]:
        """Remove and give those whose time is up, the oldest first."""
        expired = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, event_id = heappop(self._deadlines)
            if event_id in self._waiting:
                expired.append(self._waiting[event_id])
                self._remove(expired[-1])
        return expired

    def _remove(self, waiting: Waiting) -> None:
        del self._waiting[waiting.event_id]
        self._by_project[waiting.project] -= 1
        if not self._by_project[waiting.project]:
            del self._by_project[waiting.project]
        for peer in (waiting.asker, waiting.cli):
            ids = self._by_peer[peer]
            del ids[waiting.event_id]
            if not ids:
                del self._by_peer[peer]
        # The deadlines of those that are gone go when they are most of them.
        if len(self._deadlines) > 2 * len(self._waiting) + _SLACK:
            self._deadlines = [(each.deadline, each.event_id) for each in self._waiting.values()]
            heapify(self._deadlines)


def is_own_id(event_id: int) -> bool:
    """Whether the daemon could have given it."""
    return event_id >= FIRST_ID
