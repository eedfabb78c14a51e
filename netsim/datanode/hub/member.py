"""
The hub's part in a WAMP session: who is there, and telling others.

The procedures and events are those of nodes and consumers that exist (the reference manual
of the data nodes, chapters 1.2 and 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field
from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.logger import Logger

from netsim.datanode.hub.roster import LONGEST_DESCRIPTION, Node, Roster, bad_name
from netsim.datanode.interfaces import Caller
from netsim.datanode.model import uri
from netsim.errors import RouterError

__all__ = ["Member"]

BEFORE, AFTER = uri("consumer."), ".get_data"
"""Between them, in the name of a procedure, is that of a node."""

_NO_SESSION = "wamp.error.no_such_session"
AGAIN = 1.0
"""Seconds."""


@define
class _Rebuilding:
    """What happens while the router is asked who is there: it is newer than the answer."""

    added: dict[str, Node] = field(factory=dict)
    subtracted: set[str] = field(factory=set)
    ended: set[int] = field(factory=set)

    def corrected(self, present: Iterable[Node]) -> list[Node]:
        """Tell who is there, from what the router has answered."""
        listed = [node for node in present if node.name not in {*self.added, *self.subtracted}]
        return [node for node in (*listed, *self.added.values()) if node.session not in self.ended]


class Member:
    """
    Keeps the roster, through all the sessions that a hub has one after the other.

    @ivar roster: the nodes.
    """

    log = Logger()

    def __init__(self, clock: Any) -> None:
        """@param clock: for another try while there is another hub."""
        self._clock = clock
        self.roster = Roster(self._announce)
        self._session: Caller | None = None
        self._rebuilding: _Rebuilding | None = None

    async def join(self, session: Caller) -> None:
        """
        Begin, in a session that has just joined.

        When it is done, nodes can come, and consumers are told of those that are there.

        @raise RouterError: the router does not let us be the hub.
        """
        self._session, self._rebuilding = session, _Rebuilding()
        try:
            await session.subscribe(self._session_left, "wamp.session.on_leave")
            await self._take_place(session)
            await session.register(self._subtract, uri("data_node.subtract"))
            self._rebuilt(await _present(session))
            await session.register(self.roster.listing, uri("consumer.get_data_node"))
        except ApplicationError as error:
            raise RouterError(f"cannot be the hub there: {error.error_message()}") from error

    async def _take_place(self, session: Caller) -> None:
        told = False
        while True:
            try:
                await session.register(self._add, uri("data_node.add"))
            except ApplicationError as error:
                if error.error != ApplicationError.PROCEDURE_ALREADY_EXISTS:
                    raise
            else:
                return
            if not told:
                self.log.warn("another hub is at this router; waiting until it is gone")
                told = True
            await deferLater(self._clock, AGAIN)

    def left(self) -> None:
        """The session is gone, and nobody can be told anything."""
        self._session = None

    def _rebuilt(self, present: Iterable[Node]) -> None:
        seen, self._rebuilding = self._rebuilding or _Rebuilding(), None
        self.roster.replace(seen.corrected(present))

    # What nodes call.

    async def _add(self, name: Any, description: Any, session_id: Any) -> bool:
        problem = bad_name(name)
        if problem is None and type(session_id) is not int:
            problem = "its session is no number"
        if problem is not None:
            self.log.warn("node {name!r} is denied: {problem}", name=_short(name), problem=problem)
            return False
        node = Node(name, _short(description or ""), session_id)
        problem = await self._dispute(node) or self._let_in(node)
        if problem is not None:
            text = "node {name} of session {session} is denied: {problem}"
            self.log.warn(text, name=name, session=session_id, problem=problem)
        return problem is None

    def _let_in(self, node: Node) -> str | None:
        """Put it on the roster, or tell why not."""
        if not self.roster.add(node):
            holder = self.roster.holder(node.name)
            return "there are too many" if holder is None else _held_by(holder)
        if self._rebuilding is not None:
            self._rebuilding.added[node.name] = node
        return None

    async def _dispute(self, node: Node) -> str | None:
        """Whoever has the name of a node may be gone without a word; tell if not."""
        holder = self.roster.holder(node.name)
        if holder is None or holder.session == node.session:
            return None
        if await self._is_alive(holder.session):
            return _held_by(holder)
        self._end(holder.session)
        # That took its time, and the end of this one may have been told meanwhile.
        return None if await self._is_alive(node.session) else "it is gone"

    async def _is_alive(self, session_id: int) -> bool:
        if self._session is None:
            return True
        try:
            await self._session.call("wamp.session.get", session_id)
        except ApplicationError as error:
            return bool(error.error != _NO_SESSION)
        return True

    def _subtract(self, name: Any, session_id: Any) -> bool:
        is_there = isinstance(name, str) and self.roster.subtract(name, session_id)
        if is_there and self._rebuilding is not None:
            self._rebuilding.added.pop(name, None)
            self._rebuilding.subtracted.add(name)
        return is_there

    def _session_left(self, session_id: Any, *more: Any) -> None:
        self._end(session_id)

    def _end(self, session_id: int) -> None:
        if self._rebuilding is not None:
            self._rebuilding.ended.add(session_id)
        self.roster.leave(session_id)

    def _announce(self, what: str, node: Node) -> None:
        self.log.info("node {name} {what}", name=node.name, what=what)
        if self._session is not None:
            self._session.publish(uri(f"consumer.data_node_{what}"), node.told())


async def _present(session: Caller) -> list[Node]:
    """Ask the router which nodes there are."""
    listed = await session.call("wamp.registration.list")
    asked = [Deferred.fromCoroutine(_node(session, id)) for id in listed["exact"]]
    return [node for node in await gatherResults(asked, consumeErrors=True) if node is not None]


async def _node(session: Caller, id: int) -> Node | None:
    try:
        procedure = (await session.call("wamp.registration.get", id))["uri"]
        if not (procedure.startswith(BEFORE) and procedure.endswith(AFTER)):
            return None
        callees = await session.call("wamp.registration.list_callees", id)
    except ApplicationError:
        # It is gone by now.
        return None
    name = procedure[len(BEFORE) : -len(AFTER)]
    if bad_name(name) is not None or not callees:
        return None
    return Node(name, None, callees[0])


def _held_by(holder: Node) -> str:
    return f"session {holder.session} has its name"


def _short(text: Any) -> str:
    return str(text)[:LONGEST_DESCRIPTION]
