"""The life of a connection, as the bridge sees it."""

from __future__ import annotations

from enum import Enum

from attrs import define

from netsim.daemon.model import Peer
from netsim.daemon.projects import Project

__all__ = ["TRANSITIONS", "Connection", "State", "Step"]


class State(Enum):
    """What a connection is."""

    FRESH = "fresh"
    """It has not said who it is, or was not believed."""
    CLI = "cli"
    """A program."""
    WEB = "web"
    """A frontend."""
    CLOSED = "closed"
    """The bridge has closed it; whatever still comes is not heard."""


class Step(Enum):
    """What makes something else of it."""

    AS_CLI = "handshake, cli"
    AS_WEB = "handshake, web of a known project"
    REFUSED = "closed by the bridge"


_OPEN = {Step.AS_CLI: State.CLI, Step.AS_WEB: State.WEB, Step.REFUSED: State.CLOSED}

TRANSITIONS: dict[State, dict[Step, State]] = {
    State.FRESH: _OPEN,
    State.CLI: _OPEN,
    State.WEB: _OPEN,
    State.CLOSED: {},
}
"""
A connection begins as L{State.FRESH} and may end at any time.

Nothing leads out of L{State.CLOSED}; every other state can become any other, since a
handshake is legal again and again, but nothing is fresh again.
"""


@define(eq=False)
class Connection:
    """
    One that is open.

    @ivar project: what it belongs to, if it is a cli or a web.
    @ivar bad: messages in a row that were none.
    @ivar dropped: messages that went nowhere.
    """

    peer: Peer
    state: State = State.FRESH
    project: Project | None = None
    bad: int = 0
    dropped: int = 0

    def move(self, step: Step, project: Project | None = None) -> None:
        """Take a step: C{KeyError} if there is no such way."""
        self.state = TRANSITIONS[self.state][step]
        self.project = project
