"""A custom command that came over no connection of the instance, but means the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netsim.errors import ActionError
from netsim.simulator.conversation import Conversation, Outcome
from netsim.simulator.custom import HEADER, LIMIT, TAIL, CustomCommand
from netsim.simulator.instance import Instance
from netsim.simulator.later import Sent

__all__ = ["call"]


async def call(instance: Instance, text: str, caller: str) -> bytes:
    """
    Obey a custom command.

    @param text: such as C{name:a,b}, or C{$name:a,b%%%%%}.
    @param caller: who has sent it, for the log.
    @return: what a connection would be answered; a L{Farewell} of one that wants to stop.
    @raise ActionError: there is no such command, or it has failed.
    """
    command = _command(instance, text)
    conversation = _Called(instance, caller)

    def custom_command() -> list[Outcome]:
        return list(conversation.execute(command))

    answer = b""
    for outcome in await instance.once(custom_command):
        if isinstance(outcome, bytes):
            answer = outcome
        elif instance.on_reactor:
            answer = await outcome
        else:
            conversation.refuse(outcome)
    if conversation.problem:
        raise ActionError(f"{instance.label}: {conversation.problem}")
    return answer


def _command(instance: Instance, text: str) -> CustomCommand:
    """
    Read it.

    @raise ActionError: it could not come over the wire, or not be obeyed.
    """
    body = text.strip().removeprefix(HEADER.decode()).removesuffix(TAIL.decode())
    if not instance.custom_commands:
        raise ActionError(f"{instance.label}: custom commands are switched off")
    try:
        size = len(HEADER + body.encode("latin-1") + TAIL)
    except UnicodeEncodeError as error:
        raise ActionError(f"{body[error.start]!r} cannot be sent: no byte is that") from None
    if size > LIMIT:
        raise ActionError(f"a custom command has {LIMIT} bytes at most, not {size}")
    return CustomCommand.parse(body, size)


class _Called(Conversation):
    """
    One command, and what went wrong with it.

    @ivar problem: why there is no answer; empty where there needs to be none.
    """

    def __init__(self, instance: Instance, caller: str) -> None:
        super().__init__(instance, caller, listens=False)
        self.problem = ""

    def execute(self, command: CustomCommand) -> Iterator[Outcome]:
        """Obey it."""
        self.problem = f"command {command.name} not supported"
        yield from super().execute(command)

    def _call(self, method: Any, arguments: tuple[str, ...], sent: Sent) -> Iterator[Outcome]:
        self.problem = ""
        yield from super()._call(method, arguments, sent)

    def raised(self, error: Exception, sent: Sent) -> None:
        """Log it, and remember it."""
        super().raised(error, sent)
        self.problem = f"{type(error).__name__}: {error}"

    def failed(self, error: Any, data: bytes = b"") -> None:
        """The same, of what cannot be awaited."""
        super().failed(error, data)
        self.problem = str(error)
