"""Answers that take their time: what handlers give that are C{async def}, or return a Deferred."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Protocol

from attrs import frozen

__all__ = ["Later", "Sent"]


@frozen
class Sent:
    """
    What an answer is an answer to.

    @ivar data: as it was sent.
    @ivar method: what was called for it.
    @ivar is_custom: it is a custom command.
    """

    data: bytes
    method: str
    is_custom: bool = False


class Judge(Protocol):
    """
    Whoever knows what becomes of a result.

    @ivar ended: nobody wants to know any more.
    """

    ended: bool

    def result(self, result: Any, sent: Sent) -> bytes:
        """What is sent for it."""

    def raised(self, error: Exception, sent: Sent) -> None:
        """Log that there is none."""

    def watch(self, step: Callable[[Any], Any], argument: Any) -> Any:
        """Make a step towards it."""


class Later:
    """
    An answer that takes its time.

    Awaited, it gives the bytes that are to be sent, and raises nothing: what goes wrong
    is logged, unless the conversation has ended.
    """

    def __init__(self, conversation: Judge, awaited: Any, sent: Sent) -> None:
        self._conversation = conversation
        self._awaited = awaited
        self._sent = sent

    def __await__(self) -> Generator[Any, Any, bytes]:
        return self.given().__await__()

    def close(self) -> None:
        """It will not be awaited."""
        if hasattr(self._awaited, "close"):
            self._awaited.close()

    async def given(self) -> bytes:
        """Wait for it."""
        conversation, awaited = self._conversation, self._awaited
        if isinstance(awaited, Coroutine):
            awaited = _Watched(awaited, conversation.watch)
        try:
            result = await awaited
        except Exception as error:  # noqa: BLE001 - a system may raise what it likes
            if not conversation.ended:
                conversation.raised(error, self._sent)
            return b""
        return conversation.result(result, self._sent)


class _Watched:
    """A coroutine, of which each step is watched: it must not take long."""

    def __init__(self, coroutine: Any, watch: Callable[..., Any]) -> None:
        self._coroutine = coroutine
        self._watch = watch

    def __await__(self) -> Generator[Any, Any, Any]:
        step, argument = self._coroutine.send, None
        while True:
            try:
                awaited = self._watch(step, argument)
            except StopIteration as end:
                return end.value
            try:
                step, argument = self._coroutine.send, (yield awaited)
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to catch
                step, argument = self._coroutine.throw, error
