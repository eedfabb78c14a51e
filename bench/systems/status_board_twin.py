"""L{status_board}, the same on the wire, written for netsim: no thread, C{status} alone."""

from __future__ import annotations

import math
import struct

from netsim.simulator.system import SendingSystem

READINGS = 14

servers = [
    ((), ("0.0.0.0", 12000), "tcp", {"sampling_time": 0.01}),
    ((), ("0.0.0.0", 12001), "tcp", {"sampling_time": 0.1}),
]

_STATUS = struct.Struct(f">2sI{READINGS}f")
_SUM = struct.Struct(">H")


class System(SendingSystem):
    """A board."""

    def __init__(self, sampling_time: float = 0.01) -> None:
        self.sampling_time = sampling_time
        self._number = 0

    def status(self) -> bytes:
        """Return the next status."""
        number = self._number
        self._number += 1
        readings = [round(20 + 5 * math.sin(number / (10 + i)), 2) for i in range(READINGS)]
        data = _STATUS.pack(b"\xa5\x5a", number, *readings)
        return data + _SUM.pack(sum(data) % 65536)
