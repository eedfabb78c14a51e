"""What Grafana asks for, and what the bridge knows of nodes."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from netsim.datanode.model import NUMBER, Block
from netsim.errors import PeerError

__all__ = [
    "RATE",
    "SERIES",
    "TABLE",
    "VALUE",
    "Annotation",
    "Entry",
    "Filter",
    "NodeFailed",
    "Query",
    "Received",
    "Target",
    "full_name",
    "split_name",
]

SERIES, TABLE = "timeserie", "table"
"""Forms of an answer; the first is spelt as the data source spells it."""
VALUE, RATE = "value", "rate"
"""What is shown of a field: its values, or their change per second."""
SEPARATOR = "::"


def full_name(node: str, name: str) -> str:
    """Name a field as Grafana's users see it."""
    return f"{node}{SEPARATOR}{name}"


def split_name(text: str) -> tuple[str, str]:
    """
    Take a name apart, into node and field.

    @raise ValueError: what was expected.
    """
    node, _, name = text.partition(SEPARATOR)
    if not node or not name:
        raise ValueError(f"expected NODE{SEPARATOR}FIELD, not {text!r:.100}")
    return node, name


@frozen
class Target:
    """
    One field that is asked for.

    @ivar name: as it was asked for.
    @ivar form: L{SERIES} or L{TABLE}.
    @ivar show: L{VALUE} or L{RATE}.
    """

    name: str
    node: str
    field: str
    form: str = SERIES
    show: str = VALUE


@frozen
class Filter:
    """
    A condition of a dashboard's ad hoc filter.

    @ivar equal: the node has to be this one; else any but this one.
    """

    node: str
    equal: bool = True

    def passes(self, target: Target) -> bool:
        """Whether the target is wanted."""
        return (target.node == self.node) is self.equal


@frozen
class Query:
    """
    What a panel asks for.

    @ivar start: Unix seconds, as is the end; the interval is [start, end).
    @ivar stride: seconds that samples of a field are to be apart, at least.
    @ivar points: of each field, at most.
    """

    start: float
    end: float
    targets: tuple[Target, ...]
    stride: float | None = None
    points: int | None = None

    @property
    def min_stride(self) -> float | None:
        """What nodes are asked to keep to, so that there are not too many points."""
        asked = self.stride or 0.0
        if self.points is not None:
            # Half of it at most: a minimum and a maximum are two points.
            asked = max(asked, (self.end - self.start) / max(2, self.points - 1))
        return asked or None


@frozen
class Annotation:
    """
    Which changes of a field are to be marked.

    @ivar given: what was asked for, as it has to be given back.
    @ivar target: L{None}: of no field.
    """

    given: Any
    start: float
    end: float
    target: Target | None


@frozen
class Entry:
    """What a node has told of a field; L{None}: nothing."""

    timeline: str | None = None
    description: str | None = None
    type: str = NUMBER
    units: str | None = None
    interval: float | None = None


@frozen(eq=False)
class Received:
    """
    What came of a node.

    @ivar blocks: fields by the times that they share.
    @ivar problems: what could not be read, a sentence each.
    """

    blocks: tuple[Block, ...] = ()
    problems: tuple[str, ...] = ()


class NodeFailed(PeerError):
    """
    A node has not given what it was asked for; the text says why.

    @ivar status: of HTTP, where there is nothing else to tell.
    """

    def __init__(self, reason: str, status: int = 502) -> None:
        super().__init__(reason)
        self.status = status
