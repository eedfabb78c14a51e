"""What the clients of an instance have sent: counted once for each read, never for a byte."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Traffic"]


@frozen
class Traffic:
    """
    What one has sent so far, or several.

    @ivar messages: those of a system that knows messages, else what it has answered;
        datagrams; and custom commands.
    @ivar size: bytes.
    """

    messages: int = 0
    size: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.messages + other.messages, self.size + other.size)
