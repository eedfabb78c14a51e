"""Tests for L{netsim.datanode.hub.ports}."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import ports
from netsim.datanode.hub.ports import reserve
from netsim.errors import HostError


class FakeSocket:
    """Is bound nowhere."""

    error: OSError | None = None

    def __init__(self, family: int) -> None:
        self.family = family
        self.options: list[tuple[int, int, int]] = []
        self.place: Any = None
        self.is_closed = False

    def setsockopt(self, *option: int) -> None:
        self.options.append(option)  # type: ignore[arg-type]

    def bind(self, place: Any) -> None:
        if self.error is not None:
            raise self.error
        self.place = place

    def close(self) -> None:
        self.is_closed = True


class ReserveTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(ports.socket, "socket", FakeSocket)

    def refused(self, number: int) -> str:
        self.patch(FakeSocket, "error", OSError(number, os.strerror(number)))
        return str(self.assertRaises(HostError, reserve, "127.0.0.1", 80, "--port"))

    def test_reserves(self) -> None:
        """So that the router can listen there, which says the same of itself."""
        for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
            reserved: Any = reserve(host, 80, "--port")
            self.assertEqual((reserved.place, reserved.family), ((host, 80), family))
            self.assertEqual(reserved.options, [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)])
            self.assertFalse(reserved.is_closed)

    def test_refused(self) -> None:
        place = "port 80 of 127.0.0.1"
        taken = self.refused(errno.EADDRINUSE)
        self.assertEqual(taken, f"{place}: another program listens there; --port names another")
        self.assertEqual(
            self.refused(errno.EACCES), f"{place}: Permission denied; --port names another"
        )
