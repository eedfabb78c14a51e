"""
What a C{status_board} sends, and how well it reaches its subscribers.

Beats are a known period apart, but when they are due, only the host knows: so the grid
of the times at which they are due is fitted to what arrives.  A status has a number, by
which the same beat is known at all subscribers, and the beat came when the first of them
had it.  The grid goes through the earliest of these times, within the period: no beat is
sent before it is due.  A beat belongs to the last point of the grid before it came.

Lateness is the arrival of a message less the time of that point; so whoever is sent to
last is late by the time that sending to all the others took.  A beat that is late by more
than a period has taken the place of another, which is missing.  Delivered is what has
arrived of all messages that belong to the points that were measured, one for each
subscriber; what comes later than L{GRACE} after the last of them is not delivered.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
from itertools import pairwise

from attrs import frozen

from bench import cpu, load
from bench.devices import BOARD
from bench.processes import ROOT

SIZE = 64
NUMBER = struct.Struct(">2xI")
PERIODS = (0.01, 0.1)
"""Seconds between two beats, on the first port and on the second."""

GRACE = 0.3
"""Seconds that a beat may be late and still counts as delivered."""

TIMEOUT = 60.0


@frozen
class Audience:
    """
    Subscribers of one port of a board.

    @ivar subscribers: how many there are.
    @ivar place: which port: the index of its period in L{PERIODS}.
    @ivar seconds: how long beats are measured.
    """

    subscribers: int
    place: int
    seconds: float


def check(port: int) -> None:
    """
    Compare the first messages of both ports with what the unchanged module makes.

    @raise LoadError: they differ, or their numbers do not go up.
    """
    system = BOARD.system()
    system.system_stop()
    for place, _ in enumerate(PERIODS):
        with load.connect(port + place) as connection:
            messages = [connection.recv(SIZE, socket.MSG_WAITALL) for _ in range(3)]
        numbers = [NUMBER.unpack_from(message)[0] for message in messages]
        for message, number in zip(messages, numbers, strict=True):
            load.check(message, system.status(number))
        if any(number >= following for number, following in pairwise(numbers)):
            raise load.LoadError(f"numbers that do not go up: {numbers}")


def watch(port: int, group: int, audience: Audience) -> dict[str, float]:
    """
    Let another process (L{bench.subscribers}) subscribe and read.

    @param group: the process group of the server.
    @return: C{delivered} in percent, C{p50} and C{p99} of the lateness in milliseconds, and
        C{cpu} of the server meanwhile, in percent of a core.
    @raise LoadError: it could not.
    """
    check(port)
    command = [sys.executable, "-m", "bench.subscribers"]
    period = PERIODS[audience.place]
    amounts = (port + audience.place, audience.subscribers, period, audience.seconds)
    with subprocess.Popen(
        [*command, *map(str, amounts)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as reader:
        try:
            # It says when the beats begin that count, then when they have ended, then the figures.
            reader.stdout.readline()
            share = cpu.share(group, reader.stdout.readline)
            values, _ = reader.communicate(timeout=TIMEOUT)
            delivered, p50, p99 = map(float, values.split())
        except (ValueError, subprocess.TimeoutExpired) as error:
            raise load.LoadError(f"the subscribers failed: {error}") from error
        finally:
            reader.kill()
    return {"delivered": delivered, "p50": p50, "p99": p99, "cpu": share}
