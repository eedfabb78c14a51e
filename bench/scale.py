"""How much each measure does: in full, and for C{--quick}."""

from __future__ import annotations

from attrs import frozen

MIB = 1 << 20


@frozen
class Load:
    """
    Sessions that exchange messages, each with one message outstanding.

    @ivar sessions: how many there are in all.
    @ivar at_once: how many are open at the same time.
    @ivar each: how many exchanges a session makes before it closes.
    """

    sessions: int
    at_once: int
    each: int


@frozen
class Scale:
    """
    The sizes of all measures.

    @ivar one: one connection.
    @ivar fifty: fifty connections.
    @ivar new: connections that are opened for a single exchange.
    @ivar crowd: connections that are all open at the same time.
    @ivar bulk: bytes of a transfer whose rate is measured.
    @ivar recorded: bytes of a transfer during which memory is measured.
    @ivar slow: seconds for which a slow client reads.
    @ivar lines: a connection to each of 96 instances.
    @ivar idle: seconds in which nothing happens.
    @ivar status: seconds in which subscribers read.
    @ivar scripts: scripts on a host, one after the other.
    @ivar eight: scripts on a host, eight side by side.
    @ivar file: bytes of a file that is copied to a host and back.
    @ivar logs: lines that a program logs, for frontends that watch it.
    @ivar paced: seconds for which it logs at a steady rate.
    @ivar queries: queries of time series after the first.
    """

    one: Load
    fifty: Load
    new: Load
    crowd: Load
    bulk: int
    recorded: int
    slow: float
    lines: Load
    idle: float
    status: float
    scripts: Load
    eight: Load
    file: int
    logs: int
    paced: float
    queries: int


FULL = Scale(
    one=Load(sessions=1, at_once=1, each=10_000),
    fifty=Load(sessions=50, at_once=50, each=600),
    new=Load(sessions=6_000, at_once=8, each=1),
    crowd=Load(sessions=10_000, at_once=10_000, each=3),
    bulk=1024 * MIB,
    recorded=1024 * MIB,
    slow=5.0,
    lines=Load(sessions=96, at_once=96, each=200),
    idle=1.5,
    status=2.0,
    scripts=Load(sessions=1, at_once=1, each=500),
    eight=Load(sessions=8, at_once=8, each=80),
    file=64 * MIB,
    logs=20_000,
    paced=4.0,
    queries=5,
)

QUICK = Scale(
    one=Load(sessions=1, at_once=1, each=2_000),
    fifty=Load(sessions=50, at_once=50, each=100),
    new=Load(sessions=300, at_once=8, each=1),
    crowd=Load(sessions=10_000, at_once=10_000, each=3),
    bulk=64 * MIB,
    recorded=128 * MIB,
    slow=1.0,
    lines=Load(sessions=96, at_once=96, each=40),
    idle=0.5,
    status=1.0,
    scripts=Load(sessions=1, at_once=1, each=100),
    eight=Load(sessions=8, at_once=8, each=20),
    file=16 * MIB,
    logs=4_000,
    paced=1.0,
    queries=2,
)
