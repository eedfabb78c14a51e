"""Reads the delays between hosts: what stands under C{network_delays} (WIRE.md, section 3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netsim.dsisocket.kinds import Kind, expected, line, sequence
from netsim.dsisocket.netem import LONGEST, normal
from netsim.dsisocket.objects import ITEMS, each
from netsim.dsisocket.schema import Place, Section
from netsim.dsisocket.steps import Delay, DelayGroup, Delays

__all__ = ["read_delays"]

_LISTED = 20
"""Addresses that a message lists."""


def read_delays(section: Section, addresses: Iterable[str]) -> Delays:
    """
    Read the delays; what is wrong is noted, and left out.

    @param addresses: those of all hosts of the cluster, the only ones that may be named.
    """
    everywhere = _delay(section)
    known = sorted({normal(address) for address in addresses})
    groups: tuple[DelayGroup, ...] = ()
    # Asked for with any kind, so that it is no unknown key: its items are checked below.
    if section.find("groups", lambda value: value) is not None:
        groups = each(section, "groups", lambda one: _group(one, known))
    section.close()
    return Delays(everywhere, groups)


def _group(section: Section, known: Sequence[str]) -> DelayGroup:
    hosts = {
        address
        for item, place in _hosts(section)
        if (address := section.reading.check(place, item, _one_of(known))) is not None
    }
    delay = _delay(section)
    section.close()
    return DelayGroup(frozenset(hosts), delay)


def _hosts(section: Section) -> Iterable[tuple[object, Place]]:
    hosts = section.need("hosts", sequence)
    if hosts is not None and len(hosts) > ITEMS:
        section.reading.problem(section.place.key("hosts"), f"expected at most {ITEMS} addresses")
        return ()
    return () if hosts is None else section.items("hosts")


def _one_of(known: Sequence[str]) -> Kind[str]:
    def kind(value: object) -> str:
        address = normal(line(value))
        if address not in known:
            listed = ", ".join(known[:_LISTED]) + (", ..." if len(known) > _LISTED else "")
            raise ValueError(f"no host has the address {address}: there are {listed}")
        return address

    return kind


def _delay(section: Section) -> Delay:
    time, jitter = section.find("delay_ms", _time), section.get("jitter_ms", _time, 0)
    wrong = time is None and section.peek("delay_ms") is not None
    if jitter and not time and not wrong:
        place = section.place.key("jitter_ms")
        section.reading.problem(place, "there is no delay_ms that it changes")
    return Delay(time or 0, jitter)


def _time(value: object) -> int:
    """Milliseconds; converted to whole microseconds."""
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or not 0 <= value <= LONGEST / 1000:  # type: ignore[operator]
        raise expected(f"milliseconds, a number from 0 to {LONGEST // 1000}", value)
    return math.ceil(value * 1000)  # type: ignore[operator]
