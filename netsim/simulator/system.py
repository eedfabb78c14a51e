"""
What the behaviour of a device is derived from.

L{ListeningSystem}, L{SendingSystem} and L{MultiTypeSystem} have the names, meanings
and attributes of discos-framework.txt, chapter "Simulation layer".  L{MessageSystem}
is what a new simulator is better made of: it gets whole messages.

A system of these runs on the reactor, where it must not block; with C{worker = True}
all its calls come from worker threads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any, ClassVar, Protocol

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from netsim.simulator import commands
from netsim.simulator.framing import Framer, Framing
from netsim.simulator.model import SHUTDOWN

__all__ = [
    "Answer",
    "BaseSystem",
    "ListeningSystem",
    "MessageSystem",
    "MultiTypeSystem",
    "Peer",
    "SendingSystem",
    "as_bytes",
]

Answer = bytes | str | None
"""What is sent back; a text as Latin-1, nothing for C{None}."""


def as_bytes(answer: bytes | str) -> bytes:
    """
    What goes out for an answer.

    @raise UnicodeEncodeError: a character is not in Latin-1.
    """
    return answer.encode("latin-1") if isinstance(answer, str) else answer


class Peer(Protocol):
    """
    Whoever sent a message: one connection, or the sender of one datagram.

    @ivar host: its address.
    @ivar port: its port.
    @ivar state: what C{new_state} of the system made for it.
    """

    host: str
    port: int
    state: Any

    def send(self, data: bytes | str) -> None:
        """Send something that is no answer; dropped where the peer does not read."""

    def close(self) -> None:
        """End the connection, after what was sent."""


class BaseSystem:
    """
    What every system has.

    @cvar worker: all calls come from worker threads, where they may block.
    @ivar clock: set before C{system_start}, by the host.
    @ivar log: for what a user of the simulator should know.
    """

    worker: ClassVar[bool] = False
    clock: IReactorTime
    log = Logger()

    def system_start(self) -> None:
        """The clock is there, and the ports open next.  Time begins here, not in C{__init__}."""

    def system_greet(self) -> Answer:
        """What a new connection is greeted with (TCP, listening)."""
        return None

    def system_stop(self) -> str:
        """Release everything.  The result tells that the address is to stop."""
        return SHUTDOWN


class ListeningSystem(BaseSystem):
    """A system that is fed byte by byte."""

    def parse(self, byte: str) -> bool | str:
        """
        Take one character: the byte as Latin-1.

        @return: C{False} while no message has begun, C{True} within one and where there
            is no answer, else the answer.
        @raise ValueError: with a text for the log.
        """
        raise NotImplementedError("parse")


class SendingSystem(BaseSystem):
    """
    A system that sends its status periodically.

    It has L{status} alone; or L{subscribe} and L{unsubscribe}, as existing systems do,
    and then sends from threads of its own.

    @cvar sampling_time: seconds from one status to the next.
    """

    sampling_time: float = 0.01

    def status(self) -> Answer:
        """What all subscribers are sent now; C{None} sends nothing."""
        raise NotImplementedError("status")

    def beat(self) -> Answer:
        """What the host calls, every C{sampling_time}; mixins go around it."""
        return self.status()

    def subscribe(self, q: Any) -> None:
        """A client has come; what is put into its queue is sent to it."""
        raise NotImplementedError("subscribe")

    def unsubscribe(self, q: Any) -> None:
        """The client of this queue is gone."""
        raise NotImplementedError("unsubscribe")


class MessageSystem(ListeningSystem):
    """
    A system that gets whole messages.

    Its handlers are plain, C{async def}, or return a Deferred; the next message of a
    connection waits until the one before is answered.

    @cvar framing: how messages are cut; without one, each datagram is a message, and
        TCP cannot be served.
    """

    framing: ClassVar[Framing | None] = None
    _commands: ClassVar[tuple[commands.Command, ...]] = ()
    _fed: tuple[Framer, Peer] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._commands = commands.commands_of(cls)

    def new_state(self) -> Any:
        """What is kept for one connection, as its C{peer.state}."""
        return None

    def handle(self, message: bytes, peer: Peer) -> Answer | Awaitable[Answer]:
        """What the host calls; mixins go around it."""
        return self.message(message, peer)

    def parse(self, byte: str) -> bool | str:
        """
        Take one character, for hosts that know no messages.

        All that is fed is one stream, and an answer that is no text is Latin-1.

        @return: see L{ListeningSystem.parse}.

        @raise ValueError: there is no framing; or the answer is one to be waited for, which
            cannot be given here.
        """
        framer, peer = self._fed = self._fed or self._stream()
        messages = framer.feed(byte.encode("latin-1"))
        if not messages:
            return framer.begun
        return "".join([_at_once(self.handle(message, peer)) for message in messages]) or True

    def message(self, message: bytes, peer: Peer) -> Answer | Awaitable[Answer]:
        """Answer a message; by itself with the first L{commands.command} that fits."""
        found = commands.find(self._commands, message)
        if found is None:
            return self.unknown(message, peer)
        arguments = {**found.arguments, **({"peer": peer} if found.takes_peer else {})}
        answer: Answer | Awaitable[Answer] = getattr(self, found.method)(**arguments)
        return answer

    def unknown(self, message: bytes, peer: Peer) -> Answer | Awaitable[Answer]:
        """
        Answer a message that no command fits.

        @raise ValueError: by itself, which is logged and not answered.
        """
        raise ValueError(f"unknown message {message!r}")

    def _stream(self) -> tuple[Framer, Peer]:
        if self.framing is None:
            raise ValueError("a system without framing cannot be fed byte by byte")
        return self.framing.framer(), _Feeder(self.new_state())


@define
class _Feeder:
    """Whoever calls L{MessageSystem.parse}: it gets answers, and nothing else."""

    state: Any
    host: str = ""
    port: int = 0

    def send(self, data: bytes | str) -> None:
        return

    def close(self) -> None:
        return


def _at_once(answer: Answer | Awaitable[Answer]) -> str:
    if answer is None or isinstance(answer, str):
        return answer or ""
    if isinstance(answer, bytes):
        return answer.decode("latin-1")
    if isinstance(answer, Deferred):
        answer.addErrback(lambda _: None).cancel()
    elif isinstance(answer, Coroutine):
        answer.close()
    raise ValueError("this answer takes time, which parse() cannot give it")


class MultiTypeSystem:
    """
    Several systems behind one name.

    C{System(system_type="a")} is an instance of the class that C{systems} has there::

        systems = get_multitype_systems(__file__)

        class System(MultiTypeSystem):
            def __new__(cls, **kwargs):
                cls.systems = systems
                cls.system_type = kwargs.pop("system_type", "a")
                return MultiTypeSystem.__new__(cls, **kwargs)

    @cvar systems: the classes by their types.
    @cvar system_type: which one is to be made.
    """

    systems: ClassVar[Mapping[str, type]] = {}
    system_type: ClassVar[str] = ""

    def __new__(cls, **kwargs: Any) -> Any:
        """
        Make the system of the chosen type.

        @raise ValueError: there is no such type; the text tells which there are.
        """
        if cls.system_type not in cls.systems:
            known = ", ".join(sorted(cls.systems)) or "none"
            raise ValueError(f"unknown system type {cls.system_type!r}; there are: {known}")
        return cls.systems[cls.system_type](**kwargs)
