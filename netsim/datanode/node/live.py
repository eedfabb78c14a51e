"""What the kinds of live data share: they serve what they have in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zope.interface import implementer

from netsim.datanode.interfaces import ISource
from netsim.datanode.model import Block, Catalogue
from netsim.datanode.node.memory import Memory

__all__ = ["LiveSource"]


@implementer(ISource)
class LiveSource:
    """Serves a memory that a subclass fills."""

    blocking = False
    # Of a Twisted service, too, which it may be: there it is optional.
    name: Any

    def __init__(
        self, name: str, description: str, memory: Memory, now: Callable[[], float]
    ) -> None:
        """@param now: tells Unix time."""
        super().__init__()
        self.name = name
        self.description = description
        self._memory = memory
        self._now = now

    def fields(self, start: float, end: float) -> Catalogue:
        """See L{ISource}."""
        return self._memory.fields(start, end, self._now())

    def blocks(self, names: Sequence[str], start: float, end: float) -> list[Block]:
        """See L{ISource}."""
        return self._memory.blocks(names, start, end, self._now())
