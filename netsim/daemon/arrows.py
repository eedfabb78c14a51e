"""The arrows of the message standard: what is done with an event, by who has sent it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import define

from netsim.daemon.actions import Actions
from netsim.daemon.connections import Connection, State
from netsim.daemon.envelope import with_id
from netsim.daemon.model import Effect, Logged, Note, Send
from netsim.daemon.pending import is_own_id
from netsim.daemon.projects import Project
from netsim.errors import MessageError
from netsim.status.message import ACK, ACTION, LOG, NO_ID, Message

__all__ = ["NOTES", "NOTES_EVERY", "Arrival", "Arrows", "drop", "shown"]

NOTES = 10
"""Dropped messages of one connection that are each noted; then every L{NOTES_EVERY}th is."""
NOTES_EVERY = 1000

_SHOWN = 60
"""Characters of a name in a text."""


@define
class Arrival:
    """
    A message that has come from a program or a frontend.

    @ivar project: the connection's, and the message's.
    @ivar text: the message as it came.
    @ivar now: when, in Unix time.
    """

    connection: Connection
    project: Project
    message: Message
    text: bytes
    now: float


class Arrows:
    """Where an event goes: never out of its project."""

    def __init__(self, actions: Actions, strict: bool) -> None:
        """@param strict: event types that the standard does not have are errors."""
        self._actions = actions
        self._of_cli: dict[str, Callable[[Arrival], list[Effect]]] = {
            LOG: _log,
            ACTION: self._action_of_cli,
            ACK: self._ack_of_cli,
        }
        self._of_web: dict[str, Callable[[Arrival], list[Effect]]] = {
            LOG: _to_nobody,
            ACTION: self._action_of_web,
            ACK: _to_cli,
        }
        self._other_of_cli = _refuse if strict else _like_log
        self._other_of_web = _refuse if strict else _to_nobody

    def follow(self, arrival: Arrival) -> list[Effect]:
        """
        Say what follows from it.

        @raise MessageError: it should not have been sent.
        """
        event_type = arrival.message.event_type
        if arrival.connection.state is State.CLI:
            return self._of_cli.get(event_type, self._other_of_cli)(arrival)
        return self._of_web.get(event_type, self._other_of_web)(arrival)

    def _action_of_cli(self, arrival: Arrival) -> list[Effect]:
        event_id = arrival.message.event_id
        if answer := self._actions.answer(arrival.project, event_id, arrival.text):
            return answer
        if is_own_id(event_id):
            return drop(arrival.connection, arrival.message, "nobody waits for it any more")
        return _to_webs(arrival)

    def _ack_of_cli(self, arrival: Arrival) -> list[Effect]:
        answer = self._actions.answer(arrival.project, arrival.message.event_id, arrival.text)
        return answer or drop(arrival.connection, arrival.message, "nobody waits for it")

    def _action_of_web(self, arrival: Arrival) -> list[Effect]:
        event_id, project = arrival.message.event_id, arrival.project
        if event_id == NO_ID and project.receiver is not None:
            return [Send((project.receiver,), arrival.text)]
        write = partial(with_id, arrival.text)
        return self._actions.ask(arrival.connection.peer, event_id, project, write, arrival.now)


def _log(arrival: Arrival) -> list[Effect]:
    return [*_to_webs(arrival, droppable=True), Logged(arrival.message, arrival.text)]


def _like_log(arrival: Arrival) -> list[Effect]:
    return _to_webs(arrival, droppable=True)


def _to_webs(arrival: Arrival, droppable: bool = False) -> list[Effect]:
    audience = arrival.project.audience
    return [Send(audience, arrival.text, droppable)] if audience else []


def _to_cli(arrival: Arrival) -> list[Effect]:
    cli = arrival.project.receiver
    if cli is None:
        return drop(arrival.connection, arrival.message, "no program is connected")
    return [Send((cli,), arrival.text)]


def _to_nobody(arrival: Arrival) -> list[Effect]:
    return drop(arrival.connection, arrival.message, "frontends do not send it")


def _refuse(arrival: Arrival) -> list[Effect]:
    problem = f"'event-type': {shown(arrival.message.event_type)} is none of the standard's"
    raise MessageError([problem], arrival.message.event_id)


def drop(connection: Connection, message: Message, reason: str) -> list[Effect]:
    """Send a message to nobody, and note it, as long as there are not too many of them."""
    connection.dropped += 1
    count = connection.dropped
    if count > NOTES and count % NOTES_EVERY:
        return []
    event = f"{shown(message.event_type)} of {shown(message.name)}"
    total = "" if count <= NOTES else f" ({count} messages of this connection by now)"
    return [Note("info", f"Dropped {event}: {reason}{total}")]


def shown(name: str) -> str:
    """Write a name so that it can be put into a line, whatever is in it."""
    text = repr(name)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
