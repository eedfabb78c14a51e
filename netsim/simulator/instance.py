"""One system, as its host sees it: how it is called, and what is logged of it."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.errors import SimulatorError
from netsim.simulator.crew import Crew, Hand, OnReactor, Shared
from netsim.simulator.custom import CustomCommand
from netsim.simulator.model import Entry
from netsim.simulator.system import BaseSystem, MessageSystem, SendingSystem

SLOW = 0.05
"""Seconds that a call on the reactor may take before the log says so."""

_SHOWN = 64


class Instance:
    """
    A system that is hosted.

    @ivar system: the object that the user's class has made.
    @ivar label: what it is called in logs, such as C{active_surface[3]}.
    @ivar custom_commands: whether those are obeyed.
    @ivar on_reactor: it is called on the reactor, else from the threads of the crew.
    @ivar stopped: C{system_stop} was called, by us or over the wire.
    """

    log = Logger()

    def __init__(
        self,
        system: Any,
        label: str,
        clock: Any,
        crew: Crew | None = None,
        custom_commands: bool = True,
    ) -> None:
        """@param crew: without one, the system is called on the reactor."""
        self.system = system
        self.label = label
        self.clock = clock
        self.custom_commands = custom_commands
        self.stopped = False
        self.on_reactor = crew is None
        self._crew = crew
        self._datagrams: Shared | None = None

    @property
    def is_periodic(self) -> bool:
        """Its status is asked for, rather than put into queues by itself."""
        kind = type(self.system)
        return isinstance(self.system, SendingSystem) and kind.subscribe is SendingSystem.subscribe

    def check(self, entry: Entry) -> None:
        """
        Find out whether it can do what an entry wants of it.

        @raise SimulatorError: with everything that it lacks.
        """
        lacks = [*self._lacks_to_listen(entry), *self._lacks_to_send(entry)]
        if lacks:
            raise SimulatorError("\n".join(f"{self.label}: {what}" for what in lacks))

    def hand(self) -> Hand:
        """What calls the system for one connection, in order."""
        return OnReactor() if self._crew is None else self._crew.hand(self.label)

    def datagram_hand(self) -> Hand:
        """What calls the system for all datagrams of both addresses, in order."""
        if self._datagrams is None:
            self._datagrams = Shared(self.hand())
        return self._datagrams.use()

    def once(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Call the system for no connection in particular."""
        hand = self.hand()
        began = self.clock.seconds()
        done = hand.submit(function, *args)
        if self.on_reactor and (took := self.clock.seconds() - began) > SLOW:
            self.took(took, getattr(function, "__name__", "a call"))
        hand.stop()
        return done

    def start(self) -> Deferred[Any]:
        """Give the system its clock, and let it begin."""
        if not isinstance(self.system, BaseSystem):
            return succeed(None)
        self.system.clock = self.clock
        return self.once(self.system.system_start)

    def stop(self) -> Deferred[Any]:
        """Let the system release everything, once."""
        stop = getattr(self.system, "system_stop", None)
        if self.stopped or stop is None:
            return succeed(None)
        self.stopped = True
        if self._crew is None:
            return self.once(stop)
        # It must not wait for those that it may let go.
        return self._crew.beyond(self.label, stop)

    def new_state(self, peer: object) -> Any:
        """What the system keeps for a connection; nothing, with a line in the log, if it fails."""
        if not isinstance(self.system, MessageSystem):
            return None
        try:
            return self.system.new_state()
        except Exception as error:  # noqa: BLE001 - a system may raise what it likes
            self.failed(error, "new_state", peer)
            return None

    def method(self, command: CustomCommand) -> Callable[..., Any] | None:
        """What a custom command calls; nothing, with a line in the log, if it may not."""
        name = command.name
        method = None
        # What belongs to object begins so, too.
        if not name.startswith("_"):
            method = self._attribute(name)
        if not isinstance(method, types.FunctionType | types.MethodType):
            self.log.warn("{label}: command {name} not supported", label=self.label, name=name)
            return None
        return method

    def mistaken(self, error: ValueError, peer: object, data: bytes) -> None:
        """Log what a system says about what it was sent."""
        self.log.warn(
            "{label}: {peer} sent {data}: {error}",
            label=self.label,
            peer=peer,
            data=_shown(data),
            error=error,
        )

    def failed(self, error: Any, doing: str, peer: object = None, data: bytes = b"") -> None:
        """Log what went wrong in a system, with its traceback."""
        failure = error if isinstance(error, Failure) else Failure(error)
        after = "" if peer is None else f", for {peer}"
        if data:
            after = f", after {peer} sent {_shown(data)}"
        self.log.failure(
            "{label}: unexpected exception {text} in {doing}{after}",
            failure,
            label=self.label,
            text=failure.getErrorMessage(),
            doing=doing,
            after=after,
        )

    def unexpected(self, answer: object, peer: object, data: bytes) -> None:
        """Log an answer that is none."""
        self.log.warn(
            "{label}: unexpected response: {answer!r} to {peer}, who sent {data}",
            label=self.label,
            answer=answer,
            peer=peer,
            data=_shown(data),
        )

    def took(self, seconds: float, what: str) -> None:
        """Log a call that held everybody else up."""
        self.log.warn(
            "{label}: {what} took {seconds:.3f} seconds on the reactor, where nobody else"
            " is served meanwhile; `worker = True` in the class gives it a thread",
            label=self.label,
            what=what,
            seconds=seconds,
        )

    def _lacks_to_listen(self, entry: Entry) -> Iterator[str]:
        if entry.listen is None:
            return
        if not self._has("parse"):
            yield "it is to listen, but has no method parse"
        if not isinstance(self.system, MessageSystem):
            return
        framing = self.system.framing
        if framing is None:
            if not entry.datagram:
                yield "it is to listen on TCP, but has no framing"
        elif isinstance(framing, type) or not hasattr(framing, "framer"):
            yield f"its framing is {framing!r}, expected one such as Delimiter()"

    def _lacks_to_send(self, entry: Entry) -> Iterator[str]:
        if entry.send is None:
            return
        if self.is_periodic:
            if not self._has("status"):
                yield "it is to send, but has neither subscribe and unsubscribe nor status"
            time = self.system.sampling_time
            is_time = isinstance(time, int | float) and math.isfinite(time) and time > 0
            if not is_time:
                yield f"its sampling_time is {time!r}, expected seconds"
        elif not (self._has("subscribe") and self._has("unsubscribe")):
            yield "it is to send, but does not have both subscribe and unsubscribe"

    def _has(self, name: str) -> bool:
        """Whether the system has a method that is more than netsim's base classes declare."""
        if not callable(getattr(self.system, name, None)):
            return False
        method = getattr(type(self.system), name, None)
        is_declared = any(vars(base).get(name) is method for base in _DECLARING)
        return method is None or name in getattr(self.system, "__dict__", {}) or not is_declared

    def _attribute(self, name: str) -> Any:
        # A property runs code, which may raise what it likes.
        try:
            return getattr(self.system, name, None)
        except Exception as error:  # noqa: BLE001 - as above
            self.failed(error, name)
            return None


_DECLARING: tuple[type, ...] = tuple(
    base
    for base in MessageSystem.__mro__ + SendingSystem.__mro__
    if base not in (MessageSystem, object)
)


def _shown(data: bytes) -> str:
    """The last bytes of what was sent: a mistake shows at its end."""
    return repr(data) if len(data) <= _SHOWN else f"…{data[-_SHOWN:]!r}"
