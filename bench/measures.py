"""
What is measured: a table.

A measure takes one or more figures of one contender that has just started and
serves nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen

from bench import bulk, crowd, load, memory
from bench.contenders import Contender
from bench.devices import Device
from bench.processes import Server
from bench.scale import Scale

IDLE_TIMEOUT = 120.0
"""Seconds after a transfer that a contender may still work on its recording."""


@frozen
class Subject:
    """
    A contender that runs.

    @ivar directory: of its files.
    @ivar shared: of the files of the upstream.
    """

    contender: Contender
    server: Server
    directory: Path
    shared: Path
    scale: Scale

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port


@frozen
class Figure:
    """
    One number, as the report shows it.

    @ivar more_is_better: which way it should go.
    """

    title: str
    unit: str
    more_is_better: bool


@frozen
class Measure:
    """
    Something to do with a contender.

    @ivar how: what is done, for the report.
    @ivar figures: what comes out of it, by the keys that C{take} returns.
    @ivar take: does it.
    @ivar exchanges: how many exchanges each session makes, which is the length of the
        script that a replay server plays.
    @ivar one_core: whether load, contender and upstream share a core.  With one request
        on its way only one of them works at a time; free to move, they wake each other
        up on the same core or on another one, and that alone changes the times tenfold.
    @ivar rest: seconds to wait before.  Memory that a deleted file has just given back
        is filled again much faster, on a virtual machine, than memory that the host
        has to find first; who comes after a recorder must not profit from it.
    @ivar device: the simulator that a contender hosts for it.
    """

    name: str
    how: str
    figures: Mapping[str, Figure]
    take: Callable[[Subject], Mapping[str, float]]
    exchanges: Callable[[Scale], int] = lambda scale: 0
    one_core: bool = False
    rest: float = 0.0
    device: Device | None = None


def _growth(subject: Subject, transfer: Callable[[], object]) -> Mapping[str, float]:
    """
    Return by how much memory grew at most, from idle until it was idle again.

    @raise LoadError: there is no recording then, of a contender that records.
    """
    group = subject.server.pid
    memory.forget_peak(group)
    before = memory.resident(group)
    transfer()
    if not memory.wait_until_idle(group, IDLE_TIMEOUT):
        raise load.LoadError(f"still at work after {IDLE_TIMEOUT:.0f} s")
    pattern = subject.contender.recording
    if pattern and not any(subject.directory.glob(pattern)):
        raise load.LoadError(f"no recording {pattern}")
    return {"growth": memory.peak(group) - before}


REST = 3.0
"""Seconds after which free memory is given back to the host: Linux waits for two."""

_EXCHANGES = {"rate": Figure("exchanges", "1/s", more_is_better=True)}
_BULK = {"rate": Figure("rate", "MB/s", more_is_better=True)}
_GROWTH = {"growth": Figure("growth of all its processes", "MiB", more_is_better=False)}

ONE = Measure(
    "one connection",
    "one request outstanding, everything on one core",
    {
        "p50": Figure("p50 of an exchange", "us", more_is_better=False),
        "p99": Figure("p99 of an exchange", "us", more_is_better=False),
        **_EXCHANGES,
    },
    lambda subject: load.one_by_one(subject.port, subject.scale.one),
    exchanges=lambda scale: scale.one.each,
    one_core=True,
)
FIFTY = Measure(
    "50 connections",
    "one request outstanding on each",
    _EXCHANGES,
    lambda subject: load.side_by_side(subject.port, subject.scale.fifty),
    exchanges=lambda scale: scale.fifty.each,
)
NEW = Measure(
    "new connections",
    "connect, one exchange, close; 8 at a time",
    {"rate": Figure("connections", "1/s", more_is_better=True)},
    lambda subject: load.side_by_side(subject.port, subject.scale.new),
)
DOWN = Measure(
    "bulk down",
    "from the upstream to a client, until the client has the last byte",
    _BULK,
    lambda subject: {"rate": bulk.down(subject.port, subject.scale.bulk) / 1e6},
    rest=REST,
)
UP = Measure(
    "bulk up",
    "from a client to the upstream, until the upstream has said that it has all",
    _BULK,
    lambda subject: {"rate": bulk.up(subject.port, subject.scale.bulk) / 1e6},
    rest=REST,
)
CROWD = Measure(
    "10,000 connections",
    "all open before any makes its second of three exchanges, and until all made the last",
    {
        "served": Figure("served correctly", "connections", more_is_better=True),
        "seconds": Figure("time for all", "s", more_is_better=False),
        "memory": Figure("memory of the server", "MiB", more_is_better=False),
    },
    lambda subject: crowd.gather(
        subject.port, subject.scale.crowd, lambda: memory.proportional(subject.server.pid)
    ),
    exchanges=lambda scale: scale.crowd.each,
)
GROW_DOWN = Measure(
    "memory, down",
    "from idle, through a transfer to the client, until nothing is left to do for its recording",
    _GROWTH,
    lambda subject: _growth(subject, lambda: bulk.down(subject.port, subject.scale.recorded)),
)
GROW_UP = Measure(
    "memory, up",
    "from idle, through a transfer to the upstream, until nothing is left to do for its recording",
    _GROWTH,
    lambda subject: _growth(subject, lambda: bulk.up(subject.port, subject.scale.recorded)),
)
GROW_SLOWLY = Measure(
    "memory, slow client",
    "from idle, through a transfer of which the client reads 8 MB/s, then leaves",
    _GROWTH,
    lambda subject: _growth(
        subject,
        lambda: bulk.slowly(subject.port, subject.scale.recorded, subject.scale.slow),
    ),
)
