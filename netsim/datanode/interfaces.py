"""What the parts of a node, a hub and a bridge need of one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from zope.interface import Attribute, Interface

from netsim.datanode.model import Block, Catalogue

__all__ = ["Caller", "IListening", "ISource"]


class ISource(Interface):
    """
    What a node serves.

    One that is also a Twisted service is started and stopped with its node.
    """

    name = Attribute("Of the node: what stands before C{::} in Grafana.")
    description = Attribute("For people.")
    blocking = Attribute(
        "Its methods read files or compute: they are called on a thread, one after the other."
        " Else they are called on the reactor, and copy what they return."
    )

    def fields(start: float, end: float) -> Catalogue:
        """
        Tell which fields have a sample in [start, end); others may be told as well.

        @param start: Unix seconds, as are all times here.
        """

    def blocks(names: Sequence[str], start: float, end: float) -> Sequence[Block]:
        """
        Give all samples of these fields in [start, end), not downsampled.

        A field that does not exist, or has none, is left out.  No two blocks have the same
        timeline.

        @raise LimitError: that would be too much to have in memory.
        """


class IListening(Interface):
    """A source that uses the node's own session, as one of an OCS feed does."""

    def joined(session: Caller) -> Deferred[Any] | None:
        """The session has joined, for the first time or again; subscribe."""


class Caller(Protocol):
    """What is needed of a WAMP session, as autobahn's has it."""

    def call(self, procedure: str, *args: Any, **kwargs: Any) -> Deferred[Any]: ...
    def publish(self, topic: str, *args: Any, **kwargs: Any) -> Deferred[Any] | None: ...
    def register(self, endpoint: Callable[..., Any], procedure: str) -> Deferred[Any]: ...
    def subscribe(self, handler: Callable[..., Any], topic: str) -> Deferred[Any]: ...
