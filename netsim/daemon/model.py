"""What the parts of the status daemon tell one another."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from attrs import field, frozen

from netsim.status.message import Message

__all__ = [
    "BAD_MESSAGES",
    "Close",
    "Effect",
    "Limits",
    "Logged",
    "Note",
    "Peer",
    "ProjectState",
    "Send",
    "Synced",
]

BAD_MESSAGES = 100
"""Messages in a row that are none, after which a connection is closed."""

Peer = Hashable
"""A connection, or a caller of the REST interface; the bridge only tells them apart."""


@frozen
class Limits:
    """
    What the daemon bears; beyond it somebody is told, and nothing grows.

    @ivar message_size: bytes of a message, or of a status.
    @ivar projects: names that are known at once.
    @ivar connections: WebSockets that are open at once.
    @ivar pending: actions of one project that wait for their answers at once.
    @ivar action_timeout: seconds that an action waits for its answer.
    @ivar online: seconds for which a project without a connection is online after a sync.
    @ivar backlog_messages: messages that wait for a connection that does not read.
    @ivar backlog_bytes: bytes of them.
    """

    message_size: int = 1 << 20
    projects: int = 1000
    connections: int = 10_000
    pending: int = 1000
    action_timeout: float = 300.0
    online: float = 15.0
    backlog_messages: int = 10_000
    backlog_bytes: int = 4 << 20


@frozen
class Send:
    """
    Send one message to each of these.

    @ivar text: the whole message, as JSON.
    @ivar droppable: it is a log line, which a receiver that does not read can do without.
    @ivar result: for the answer to an action, what became of it: 200 if the program has
        answered, else what the daemon answers in its place, as HTTP says it: 404 nobody
        there, 429 too many are waiting, 504 no answer in time.
    """

    receivers: tuple[Peer, ...]
    text: bytes
    droppable: bool = False
    result: int = 200


@frozen
class Close:
    """
    Close a connection, after what was sent to it.

    @ivar code: of RFC 6455, section 7.4.1.
    @ivar reason: 123 bytes at most, which is what a close frame holds.
    """

    peer: Peer
    code: int
    reason: str


@frozen
class Note:
    """A line for the daemon's own log; C{level} is C{info} or C{warn}."""

    level: str
    text: str


@frozen
class Logged:
    """
    A project's program has logged something.

    @ivar text: the whole message, as it came.
    """

    message: Message
    text: bytes


@frozen
class Synced:
    """A project's program has told its status: a JSON object, as a value."""

    name: str
    status: dict[str, Any] = field(hash=False)


Effect = Send | Close | Note | Logged | Synced
"""What follows from something that happened, to be done in this order."""


@frozen
class ProjectState:
    """
    How a project is.

    @ivar clis: connections of its programs.
    @ivar webs: connections of frontends that watch it.
    @ivar pending: actions that wait for their answers.
    @ivar last_seen: Unix time of the last sign of life of a program.
    @ivar synced: Unix time of the last sync, if there was one.
    @ivar status: the last one.
    """

    name: str
    online: bool
    clis: int
    webs: int
    pending: int
    last_seen: float
    synced: float | None
    status: dict[str, Any] = field(hash=False)
