"""What travels between nodes and those who ask them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from numpy import ndarray

__all__ = [
    "ALLOWANCE",
    "BASE_URI",
    "BOOL",
    "DEFAULT_URL",
    "MESSAGE_SIZE",
    "NUMBER",
    "REALM",
    "SERVER",
    "STRING",
    "WEB",
    "Block",
    "Catalogue",
    "Field",
    "Router",
    "is_uri_part",
    "uri",
]

REALM = "test_realm"
BASE_URI = "org.simonsobservatory"
SERVER = "server"
"""The user that nodes and hubs are to the router."""
WEB = "simonsobs"
"""The user that web consumers are."""
DEFAULT_URL = "wss://127.0.0.1:8080/ws"

MESSAGE_SIZE = 64 << 20
"""Bytes of a WAMP message, to which routers and sessions are raised."""
ALLOWANCE = 48 << 20
"""Bytes of the largest answer of a node: the pipeline allowance."""

NUMBER, STRING, BOOL = "number", "string", "bool"
"""What a field may be: C{get_fields} tells one of these as its C{type}."""


def uri(s: str) -> str:
    """Compose the full URI of a procedure or topic from its last part."""
    return f"{BASE_URI}.{s}"


def is_uri_part(text: str) -> bool:
    """Whether it can be a part of a URI: no blank, no C{#}, and no empty part between dots."""
    return text.isprintable() and not set(text) & set("# ") and all(text.split("."))


@frozen
class Router:
    """
    Where a router is, and who one is to it.

    @ivar url: of its WebSocket.
    @ivar user: for WAMP-CRA; L{None}: anonymous.
    @ivar certificate: the only one that is trusted, in PEM; L{None}: those that the system
        trusts, for the name in the URL.
    """

    url: str = DEFAULT_URL
    user: str | None = SERVER
    secret: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    realm: str = REALM


@frozen
class Field:
    """
    A named series.

    @ivar timeline: the name of the times that it follows.
    @ivar type: C{number}, C{string} or C{bool}.
    @ivar units: physical ones, if known.
    """

    name: str
    timeline: str
    description: str | None = None
    type: str = NUMBER
    units: str | None = None


@frozen
class Catalogue:
    """
    What there is in an interval.

    @ivar intervals: of a timeline, the mean seconds between two readings; one that is not
        told, or is L{None}, is aperiodic.
    """

    fields: tuple[Field, ...] = ()
    intervals: Mapping[str, float | None] = field(factory=dict)


@frozen(eq=False)
class Block:
    """
    What there is of fields that share a timeline.

    @ivar t: Unix seconds, ascending; C{float64}, one dimension.
    @ivar columns: by field, as many values as there are times: C{float64} (not a number: no
        value), integers, C{bool}, or C{object} for strings.
    @ivar finalized_until: Unix seconds before which nothing of this will change; L{None}:
        nothing will change.
    """

    timeline: str
    t: ndarray[Any, Any]
    columns: Mapping[str, ndarray[Any, Any]]
    finalized_until: float | None = None


Blocks = Sequence[Block]
