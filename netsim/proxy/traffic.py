"""What has gone through a proxy: counted while it goes."""

from __future__ import annotations

from attrs import frozen


@frozen
class Traffic:
    """
    What went through a session so far, or through several.

    @ivar exchanges: how often the client began to speak; a recording may divide what it
        said at other places.
    @ivar upstream: bytes that the client sent.
    @ivar downstream: bytes that the server sent.
    """

    exchanges: int = 0
    upstream: int = 0
    downstream: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.exchanges + other.exchanges,
            self.upstream + other.upstream,
            self.downstream + other.downstream,
        )
