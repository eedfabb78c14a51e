"""What goes over a control socket: one JSON object a line, each way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import asdict, evolve, frozen
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress

from netsim.addresses import Address, describe_range
from netsim.simulator.model import Place

__all__ = ["Status", "as_text", "decode", "encode", "in_short", "overlap", "statuses"]


@frozen
class Status:
    """
    How a simulator is.

    @ivar name: its type where one was chosen, else that of its module.
    @ivar system: the name of its module.
    @ivar addresses: those that accept; while it starts, those that will.
    @ivar uptime: seconds since it accepts; C{None} while it starts.
    @ivar port_offset: what was added to its ports.
    @ivar skipped: beats of its status that could not be kept.
    @ivar missed: statuses that were not sent to a client, as it did not read.
    """

    name: str
    system: str
    instances: int
    addresses: tuple[str, ...]
    connections: int = 0
    uptime: float | None = None
    port_offset: int = 0
    skipped: int = 0
    missed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def encode(message: Mapping[str, Any]) -> bytes:
    """Write a message, with the end of its line."""
    return json.dumps(message).encode("ascii") + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """
    Read a message.

    @raise ValueError: it is none.
    """
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("expected a JSON object")
    return message


def statuses(message: Mapping[str, Any]) -> tuple[Status, ...]:
    """
    Read what a process answers.

    @raise ValueError: it is something else.
    """
    try:
        return tuple(
            Status(**{**item, "addresses": tuple(item["addresses"])})
            for item in message["simulators"]
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no status: {error}") from error


def overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether one of these addresses and one of those cannot be open at the same time."""
    first, second = (list(map(Address.parse, texts)) for texts in (one, other))
    return any(_clash(mine, theirs) for mine in first for theirs in second)


def as_text(datagram: bool, place: Place) -> str:
    """Write the address of an instance as L{Address.parse} reads it."""
    host = {"": "0.0.0.0", "localhost": "127.0.0.1"}.get(place.host, place.host)
    return f"{'udp:' if datagram else ''}{evolve(place, host=host)}"


def in_short(addresses: Iterable[str]) -> str:
    """Write addresses with ranges, as the ready line does."""
    return describe_range(map(_as_twisted, map(Address.parse, addresses)))


def _as_twisted(address: Address) -> IAddress:
    host, port = address.host or "", address.port or 0
    made = IPv6Address if ":" in host else IPv4Address
    return made("UDP", host, port) if address.is_datagram else made("TCP", host, port)


def _clash(one: Address, other: Address) -> bool:
    same = (one.is_datagram, one.port) == (other.is_datagram, other.port)
    return same and bool(one.port) and (one.host == other.host or _is_any(one) or _is_any(other))


def _is_any(address: Address) -> bool:
    return address.host in ("0.0.0.0", "::")
