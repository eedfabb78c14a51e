"""How a node gets into the hub's list, and stays there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from autobahn.wamp.exception import ApplicationError, TransportLost
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from netsim.backoff import Backoff
from netsim.datanode.interfaces import Caller
from netsim.datanode.model import uri

__all__ = ["Entry", "Member"]

ADD = uri("data_node.add")
CREATED = "wamp.registration.on_create"
"""The router's own event: somebody does a procedure that nobody has done."""

TAKEN = "wamp.error.procedure_already_exists"
NO_HUB = "wamp.error.no_such_procedure"


class Member(Caller, Protocol):
    """A session that wants to be in the list."""

    name: str | None
    description: str | None

    @property
    def session_id(self) -> int | None: ...

    def added(self) -> object:
        """The hub has taken it, for the first time or again."""


class Entry:
    """
    Registers a node's procedures and asks the hub to add it: until that is done, and again
    when another hub comes.

    What is in the way is logged when it changes, not at each attempt.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        member: Member,
        procedures: Mapping[str, Callable[..., Any]],
        random: Callable[[], float],
    ) -> None:
        """
        @param procedures: by URI.
        @param random: gives numbers from 0 up to 1, for the time between attempts.
        """
        self._reactor = reactor
        self._member = member
        self._missing = dict(procedures)
        self._backoff = Backoff(random, first=0.5, limit=5.0)
        self._timer: IDelayedCall | None = None
        self._trouble: str | None = None
        self._is_asking = self._ask_again = self._stopped = False

    async def enter(self) -> None:
        """Try once; what is left to do after that is done later."""
        try:
            await self._member.subscribe(self._created, CREATED)
        except ApplicationError as error:
            text = "{name} will not notice when its hub starts again: {reason}"
            self.log.warn(text, name=self._member.name, reason=error.error_message())
        except TransportLost:
            return
        await self._ask()

    def stop(self) -> None:
        """The session is gone."""
        self._stopped = True
        self._cancel_timer()

    def _created(self, session: Any, details: Any = None, *rest: Any, **more: Any) -> None:
        if isinstance(details, Mapping) and details.get("uri") == ADD:
            self._ask_soon()

    def _ask_soon(self) -> None:
        self._cancel_timer()
        if self._is_asking:
            self._ask_again = True
        elif not self._stopped:
            Deferred.fromCoroutine(self._ask()).addErrback(self._failed)

    def _failed(self, failure: Any) -> None:
        self.log.failure("{name} cannot be added", failure, name=self._member.name)

    async def _ask(self) -> None:
        self._is_asking, self._ask_again = True, False
        try:
            trouble = await self._asked()
        except TransportLost:
            return
        finally:
            self._is_asking = False
        if not self._stopped:
            self._conclude(trouble)

    async def _asked(self) -> str | None:
        """What is in the way."""
        name = self._member.name
        try:
            for procedure, endpoint in list(self._missing.items()):
                await self._member.register(endpoint, procedure)
                del self._missing[procedure]
            description, session = self._member.description, self._member.session_id
            answer = await self._member.call(ADD, name, description, session)
        except ApplicationError as error:
            return self._explain(error)
        return None if answer else f"the hub has a node called {name!r} already"

    def _explain(self, error: ApplicationError) -> str:
        if error.error == TAKEN:
            return f"there is a node called {self._member.name!r} already"
        if error.error == NO_HUB:
            return "there is no hub at the router"
        return str(error.error_message())

    def _conclude(self, trouble: str | None) -> None:
        name = self._member.name
        if self._ask_again:
            self._ask_soon()
        elif trouble is None:
            self.log.info("{name} is in the hub's list", name=name)
            self._backoff.held(float("inf"))
            self._member.added()
        else:
            if trouble != self._trouble:
                self.log.warn("{name} is not added: {trouble}", name=name, trouble=trouble)
            self._timer = self._reactor.callLater(self._backoff.delay(), self._ask_soon)
        self._trouble = trouble

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
