"""
A board that sends its status, on the first port each 10 ms, on the second each 100 ms.

A status has 64 bytes: C{A5 5A}, its number (4 bytes), fourteen readings (4 bytes each,
floats) and the sum of all bytes before (2 bytes); the most significant byte first.
"""

import math
import struct
from socketserver import ThreadingTCPServer

from framework import SendingSystem

READINGS = 14

servers = [
    ((), ("0.0.0.0", 12000), ThreadingTCPServer, {"sampling_time": 0.01}),
    ((), ("0.0.0.0", 12001), ThreadingTCPServer, {"sampling_time": 0.1}),
]


class System(SendingSystem):
    """A board."""

    def __init__(self, sampling_time=0.01):
        self.sampling_time = sampling_time
        SendingSystem.__init__(self)

    def status(self, number):
        """Return the status message with this number."""
        readings = [round(20 + 5 * math.sin(number / (10 + i)), 2) for i in range(READINGS)]
        data = struct.pack(f">2sI{READINGS}f", b"\xa5\x5a", number, *readings)
        return data + struct.pack(">H", sum(data) % 65536)
