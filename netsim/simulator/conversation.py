"""
What one peer says to one instance: bytes in, answers out.

It knows no socket and no reactor, and does not care in which thread it runs, as long
as it is one at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from netsim.simulator.custom import HEADER, TAIL, CustomCommand, CustomReader
from netsim.simulator.framing import Framer
from netsim.simulator.instance import SLOW, Instance
from netsim.simulator.later import Later, Sent
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.system import MessageSystem
from netsim.simulator.traffic import Traffic

__all__ = ["Conversation", "Farewell", "Outcome"]

_KEPT = 65
"""Bytes of a message that has not ended, for the log: more than it shows."""


class Farewell(bytes):
    """An answer after which the address that it came from is to stop."""


Outcome = bytes | Later
"""What is to be sent; or what gives it, once awaited."""

_FAREWELL = Farewell(SHUTDOWN.encode("ascii"))


class Conversation:
    """
    One connection; or one datagram.

    @ivar peer: who speaks.
    @ivar ended: nothing more is to be heard, and of what goes on nobody wants to know.
    """

    ended = False

    def __init__(
        self,
        instance: Instance,
        peer: Any,
        listens: bool = True,
        reader: CustomReader | None = None,
    ) -> None:
        """@param listens: the system hears what comes, else only custom commands are read."""
        self.peer = peer
        self._instance = instance
        system = instance.system
        self._reader = (reader or CustomReader()) if instance.custom_commands else None
        self._framing = system.framing if isinstance(system, MessageSystem) else None
        self._framer: Framer | None = self._framing.framer() if self._framing else None
        self._is_message = isinstance(system, MessageSystem)
        self._heard = self._count = 0
        self._dropped = 0
        self._begun = b""
        if not listens:
            self._hear = _nothing
        else:
            self._hear = self._stream if self._is_message else self._octets

    @property
    def traffic(self) -> Traffic:
        """What has come so far."""
        return Traffic(self._count, self._heard)

    def feed(self, data: bytes) -> Iterator[Outcome]:
        """Take what came; give the answers one by one, so that the next waits for the last."""
        self._heard += len(data)
        if self._reader is None:
            return self._hear(data)
        pieces = self._reader.split(data)
        if len(pieces) == 1 and pieces[0][1] is None:
            return self._hear(data)
        return self._pieces(pieces)

    def datagram(self, data: bytes) -> Iterator[Outcome]:
        """Take a datagram."""
        if not self._is_message:
            # Existing systems wait for the end of a line (WIRE.md, section 4).
            return self.feed(data + b"\n")
        self._hear = self._packet if self._hear != _nothing else _nothing
        return self.feed(data)

    def greeting(self) -> Iterator[Outcome]:
        """What a connection begins with."""
        greet = getattr(self._instance.system, "system_greet", None)
        if greet is not None:
            yield from self._call(greet, (), Sent(b"", "system_greet", True))

    def execute(self, command: CustomCommand) -> Iterator[Outcome]:
        """Obey a custom command; whatever is wrong with it is logged."""
        self._count += 1
        method = self._instance.method(command)
        if method is None:
            return
        body = ":".join(filter(None, (command.name, ",".join(command.arguments))))
        sent = Sent(HEADER + body.encode("latin-1") + TAIL, command.name, True)
        yield from self._call(method, command.arguments, sent)

    def answer(self, result: Any, data: bytes = b"") -> bytes:
        """What is sent for a result; nothing, perhaps with a line in the log."""
        if isinstance(result, bytes):
            return result
        if isinstance(result, str):
            try:
                return result.encode("latin-1")
            except UnicodeEncodeError:
                pass
        elif result is None:
            return b""
        self._instance.unexpected(result, self.peer, data)
        return b""

    def result(self, result: Any, sent: Sent) -> bytes:
        """What is sent for the result of a call."""
        if not sent.is_custom:
            return self.answer(result, sent.data)
        if result == SHUTDOWN:
            return _FAREWELL
        return self.answer(result, sent.data) if isinstance(result, str | bytes) else b""

    def raised(self, error: Exception, sent: Sent) -> None:
        """Log what a call has raised."""
        if isinstance(error, ValueError) and not sent.is_custom:
            self._instance.mistaken(error, self.peer, sent.data)
        else:
            self._instance.failed(error, sent.method, self.peer, sent.data)

    def refuse(self, outcome: Any) -> None:
        """Log that something cannot be awaited, as this runs in a thread."""
        if hasattr(outcome, "close"):
            outcome.close()
        self.failed(TypeError("a system with a worker has to answer at once, not later"))

    def failed(self, error: Any, data: bytes = b"") -> None:
        """Log what came of something that was awaited."""
        self._instance.failed(error, "an answer", self.peer, data)

    def watch(self, step: Callable[[Any], Any], argument: Any) -> Any:
        """Make a step of something that is awaited; log if it takes long."""
        seconds = self._instance.clock.seconds
        began = seconds()
        try:
            return step(argument)
        finally:
            if (took := seconds() - began) > SLOW:
                self._instance.took(took, "an answer")

    def _pieces(self, pieces: list[tuple[bytes, CustomCommand | None]]) -> Iterator[Outcome]:
        for piece, command in pieces:
            if self.ended:
                return
            if command is not None and self._is_message:
                # Bytes are for a byte-wise system to judge; of messages it is no part.
                taken = min(command.size, len(piece))
                piece = piece[:-taken]
                if self._framer is not None:
                    self._framer.forget(command.size - taken)
            if piece:
                yield from self._hear(piece)
            if command is not None:
                yield from self.execute(command)

    def _octets(self, data: bytes) -> Iterator[Outcome]:
        instance = self._instance
        parse = instance.system.parse
        begin = 0
        for place, byte in enumerate(data.decode("latin-1"), 1):
            try:
                answer = parse(byte)
            except Exception as error:  # noqa: BLE001 - a system may raise what it likes
                self.raised(error, Sent(self._begun + data[begin:place], "parse"))
            else:
                if answer is True:
                    continue
                if answer is not False:
                    self._count += 1
                    message = self._begun + data[begin:place]
                    if isinstance(answer, str) and answer:
                        if found := self.answer(answer, message):
                            yield found
                    else:
                        instance.unexpected(answer, self.peer, message)
            begin, self._begun = place, b""
        if begin < len(data):
            # What is logged of a message is all of it, however it was cut.
            self._begun = (self._begun + data[begin:])[-_KEPT:]

    def _stream(self, data: bytes) -> Iterator[Outcome]:
        framer = self._framer
        assert framer is not None, "Instance.check has refused this system"
        yield from self._messages(framer.feed(data))
        if framer.dropped != self._dropped:
            lost, self._dropped = framer.dropped - self._dropped, framer.dropped
            error = ValueError(f"{lost} bytes belong to no message, and were dropped")
            self._instance.mistaken(error, self.peer, data)

    def _packet(self, data: bytes) -> Iterator[Outcome]:
        return self._messages([data] if self._framing is None else self._framing.datagram(data))

    def _messages(self, messages: list[bytes]) -> Iterator[Outcome]:
        self._count += len(messages)
        handle, peer = self._instance.system.handle, self.peer
        for message in messages:
            if self.ended:
                return
            try:
                answer = handle(message, peer)
            except Exception as error:  # noqa: BLE001 - as above
                self.raised(error, Sent(message, "handle"))
                continue
            if answer.__class__ is bytes:
                yield answer
            elif isinstance(answer, Awaitable):
                yield Later(self, answer, Sent(message, "handle"))
            elif found := self.answer(answer, message):
                yield found

    def _call(self, method: Any, arguments: tuple[str, ...], sent: Sent) -> Iterator[Outcome]:
        instance = self._instance
        was_stopped = instance.stopped
        instance.stopped |= sent.method == "system_stop"
        try:
            result = method(*arguments)
        except Exception as error:  # noqa: BLE001 - such as a TypeError for their number
            instance.stopped = was_stopped
            self.raised(error, sent)
            return
        if isinstance(result, Awaitable):
            yield Later(self, result, sent)
        elif found := self.result(result, sent):
            yield found


def _nothing(data: bytes) -> Iterator[Outcome]:
    return iter(())
