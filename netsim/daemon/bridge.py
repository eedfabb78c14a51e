"""
The bridge: who gets what, of all that programs and frontends say.

It knows no network: connections are whatever can be told apart, what comes in is bytes,
and what follows is a list of effects, which somebody else brings about.  The rules are
those of the document neetbox-daemon, "Websocket message standard".
"""

from __future__ import annotations

from functools import partial
from typing import Any

from netsim.daemon import replies
from netsim.daemon.actions import Actions, no_answer
from netsim.daemon.arrows import Arrival, Arrows, drop, shown
from netsim.daemon.connections import TRANSITIONS, Connection, State, Step
from netsim.daemon.model import (
    BAD_MESSAGES,
    Close,
    Effect,
    Limits,
    Peer,
    ProjectState,
    Send,
    Synced,
)
from netsim.daemon.projects import Project
from netsim.daemon.registry import Registry
from netsim.errors import LimitError, MessageError
from netsim.status.message import ACTION, CLI, HANDSHAKE, NO_ID, WEB, Message, decode

__all__ = ["Bridge"]

_POLICY = 1008
_TRY_AGAIN = 1013
"""Codes of close frames: RFC 6455, section 7.4.1, and the registry that it has begun."""

_LIMITS = Limits()


class Bridge:
    """
    The projects, their programs (clis) and the frontends that watch them (webs).

    Whatever it is told returns what follows from it, to be done in that order.  C{now}
    is Unix time.
    """

    def __init__(self, limits: Limits = _LIMITS, strict: bool = False) -> None:
        """@param strict: event types that the standard does not have are errors."""
        self._limits = limits
        self._registry = Registry(limits.projects)
        self._connections: dict[Peer, Connection] = {}
        self._actions = Actions(limits)
        self._arrows = Arrows(self._actions, strict)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    def connect(self, peer: Peer, now: float) -> list[Effect]:
        """A connection is open."""
        if len(self._connections) >= self._limits.connections:
            return [Close(peer, _TRY_AGAIN, "too many connections")]
        self._connections[peer] = Connection(peer)
        return []

    def receive(self, peer: Peer, text: bytes, now: float) -> list[Effect]:
        """A message has come, or what should be one."""
        connection = self._connections.get(peer)
        if connection is None or connection.state is State.CLOSED:
            return []
        try:
            effects = self._receive(connection, decode(text), text, now)
        except MessageError as error:
            return self._bad(connection, error, now)
        connection.bad = 0
        return effects

    def disconnect(self, peer: Peer, now: float) -> list[Effect]:
        """A connection is closed."""
        connection = self._connections.pop(peer, None)
        return [] if connection is None else self._leave(connection, now)

    def sync(self, name: str, status: dict[str, Any], now: float) -> list[Effect]:
        """
        A program tells its status.

        @raise LimitError: it is of a project that there is no room for.
        """
        self._registry.create(name, now).sync(status, now)
        return [Synced(name, status)]

    def ask(
        self, caller: Peer, name: str, payload: Any, now: float, timeout: float | None = None
    ) -> list[Effect]:
        """
        Somebody without a connection calls an action; the caller gets one message, the answer.

        @param payload: of the action.
        @param timeout: seconds to wait for the answer.
        @raise ValueError: the payload has a number that JSON has not.
        """
        project = self._registry.get(name)
        if project is None:
            return [no_answer(caller, replies.OFFLINE, replies.offline(name, NO_ID))]
        write = partial(_write_action, name, payload)
        return self._actions.ask(caller, NO_ID, project, write, now, timeout)

    def tick(self, now: float) -> list[Effect]:
        """Time goes by; twice a second is often enough."""
        return self._actions.expire(now)

    def restore(self, name: str, last_seen: float, status: dict[str, Any] | None) -> None:
        """An earlier daemon has known this project; what is known since then counts more."""
        self._registry.restore(name, last_seen, status)

    def forget(self, name: str) -> bool:
        """
        Know a project no more, unless a program of it is connected; whether that was done.

        The frontends that watch it stay; they get what comes if it is ever there again.
        """
        return self._registry.forget(name)

    def projects(self, now: float) -> list[ProjectState]:
        """How all projects are, by name."""
        return [self._state(project, now) for project in self._registry]

    def project(self, name: str, now: float) -> ProjectState | None:
        """How one of them is."""
        project = self._registry.get(name)
        return None if project is None else self._state(project, now)

    def _state(self, project: Project, now: float) -> ProjectState:
        return project.state(now, self._limits.online, self._actions.count(project))

    def _receive(
        self, connection: Connection, message: Message, text: bytes, now: float
    ) -> list[Effect]:
        if message.event_type == HANDSHAKE:
            return self._handshake(connection, message, now)
        project = connection.project
        if project is None:
            return drop(connection, message, "there was no handshake before it")
        if message.name != project.name:
            problem = f"'name': {shown(message.name)} is not the project of this connection"
            raise MessageError([problem], message.event_id)
        if connection.state is State.CLI:
            project.last_seen = now
        return self._arrows.follow(Arrival(connection, project, message, text, now))

    def _bad(self, connection: Connection, error: MessageError, now: float) -> list[Effect]:
        name = "" if connection.project is None else connection.project.name
        text = replies.error(name, error.event_id, error.problems)
        told = Send((connection.peer,), text)
        connection.bad += 1
        if connection.bad < BAD_MESSAGES:
            return [told]
        reason = f"{BAD_MESSAGES} messages in a row were none"
        return [told, *self._close(connection, _POLICY, reason, now)]

    def _handshake(self, connection: Connection, message: Message, now: float) -> list[Effect]:
        payload = message.payload
        who = payload.get("who") if isinstance(payload, dict) else payload
        if who == CLI:
            return self._join_as_cli(connection, message, now)
        if who == WEB:
            return self._join_as_web(connection, message, now)
        problem = f'\'payload\': expected {{"who": "{CLI}"}} or {{"who": "{WEB}"}}'
        raise MessageError([problem], message.event_id)

    def _join_as_cli(self, connection: Connection, message: Message, now: float) -> list[Effect]:
        try:
            project = self._registry.create(message.name, now)
        except LimitError as error:
            text = replies.error(message.name, message.event_id, [str(error)])
            closed = self._close(connection, _TRY_AGAIN, "too many projects", now)
            return [Send((connection.peer,), text), *closed]
        left = self._move(connection, Step.AS_CLI, project, now)
        project.add_cli(connection.peer)
        project.last_seen = now
        return [*left, _joined(connection, message)]

    def _join_as_web(self, connection: Connection, message: Message, now: float) -> list[Effect]:
        project = self._registry.get(message.name)
        if project is None:
            return [Send((connection.peer,), replies.unknown(message.name, message.event_id))]
        left = self._move(connection, Step.AS_WEB, project, now)
        project.add_web(connection.peer)
        return [*left, _joined(connection, message)]

    def _close(self, connection: Connection, code: int, reason: str, now: float) -> list[Effect]:
        left = self._move(connection, Step.REFUSED, None, now)
        return [*left, Close(connection.peer, code, reason)]

    def _move(
        self, connection: Connection, step: Step, project: Project | None, now: float
    ) -> list[Effect]:
        was = connection.state, connection.project
        is_same = was == (TRANSITIONS[connection.state][step], project)
        # Who says the same again stays what it is, and gets the answers that it waits for.
        left = [] if is_same else self._leave(connection, now)
        connection.move(step, project)
        return left

    def _leave(self, connection: Connection, now: float) -> list[Effect]:
        project = connection.project
        if project is None:
            return []
        if connection.state is State.CLI:
            project.last_seen = now
        project.remove(connection.peer)
        self._registry.release(project)
        return self._actions.leave(connection.peer)


def _joined(connection: Connection, message: Message) -> Send:
    return Send((connection.peer,), replies.joined(message.name, message.event_id))


def _write_action(name: str, payload: Any, event_id: int) -> bytes:
    return Message(ACTION, name, payload, event_id).encode()
