"""What is measured of hosts of simulators: a table, as L{bench.measures} is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from time import perf_counter, sleep

from bench import board, cpu, memory, surface
from bench.board import Audience
from bench.devices import BOARD, SURFACE
from bench.load import Exchange
from bench.measures import Figure, Measure, Subject

SETTLE = 0.3
"""Seconds between what a host had to do and the time in which it is idle."""


def _instances(subject: Subject) -> Mapping[str, float]:
    """Return how long the start took, and what the host needs while nothing happens."""
    group, idle = subject.server.pid, partial(sleep, subject.scale.idle)
    surface.wait_for_all(subject.port)
    seconds = perf_counter() - subject.server.started
    pss = memory.proportional(group)
    sleep(SETTLE)
    alone = cpu.share(group, idle)
    with ExitStack() as stack:
        for connection in surface.open_all(subject.port):
            stack.enter_context(connection)
        sleep(SETTLE)
        connected = cpu.share(group, idle)
    return {"start": seconds, "memory": pss, "idle": alone, "connected": connected}


def _listen(subject: Subject, subscribers: int, place: int) -> Mapping[str, float]:
    """Let so many subscribers read the status on one of the ports."""
    audience = Audience(subscribers, place, subject.scale.status)
    return board.watch(subject.port, subject.server.pid, audience)


def _status(subscribers: int, place: int, words: str = "") -> Measure:
    """Make the measure of so many subscribers of one of the ports."""
    every = f"{board.PERIODS[place] * 1000:.0f} ms"
    return Measure(
        f"{subscribers:,} subscribers at {every}",
        f"{words}all read a status of {board.SIZE} bytes each {every}, in a process of their own",
        _STATUS,
        lambda subject: _listen(subject, subscribers, place),
        device=BOARD,
    )


def _one(sizes: str, make: Callable[[int, int], list[Exchange]]) -> Measure:
    """Make the measure of one connection to one of all instances, with these exchanges."""
    return Measure(
        f"one connection, {sizes}",
        "to one of 96 instances, one request outstanding, everything on one core",
        _EXCHANGES,
        lambda subject: surface.one_by_one(subject.port, make(1, subject.scale.one.each)),
        one_core=True,
        device=SURFACE,
    )


_EXCHANGES = {
    "p50": Figure("p50 of an exchange", "us", more_is_better=False),
    "p99": Figure("p99 of an exchange", "us", more_is_better=False),
    "rate": Figure("exchanges", "1/s", more_is_better=True),
}
_STATUS = {
    "delivered": Figure("beats delivered", "%", more_is_better=True),
    "p50": Figure("lateness, p50", "ms", more_is_better=False),
    "p99": Figure("lateness, p99", "ms", more_is_better=False),
    "cpu": Figure("CPU of the server", "% of a core", more_is_better=False),
}

INSTANCES = Measure(
    "96 instances",
    "until all have answered one exchange; then nothing, without and with a connection to each",
    {
        "start": Figure("from the start until all answer", "s", more_is_better=False),
        "memory": Figure("memory of all processes (PSS)", "MiB", more_is_better=False),
        "idle": Figure("idle CPU", "% of a core", more_is_better=False),
        "connected": Figure("idle CPU, 96 connections", "% of a core", more_is_better=False),
    },
    _instances,
    device=SURFACE,
)
SHORT = _one("10 bytes and 20 back", surface.short)
HALF = _one("35 bytes and 29 back", surface.half)
WHOLE = _one("65 bytes and 53 back", surface.whole)
EACH = Measure(
    "96 connections, one to each instance",
    "10 bytes and 20 back, one request outstanding on each",
    {"rate": Figure("exchanges", "1/s", more_is_better=True)},
    lambda subject: surface.side_by_side(subject.port, subject.scale.lines),
    device=SURFACE,
)
STATUS_FAST = _status(200, 0)
STATUS_MANY = _status(1000, 1)
STATUS_LIMIT = _status(1000, 0, "how far it goes: ")
