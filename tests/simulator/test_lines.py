"""Tests for L{netsim.simulator.lines}."""

from __future__ import annotations

import socket
import struct
from time import monotonic
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Server
from twisted.internet.testing import StringTransport

from netsim.simulator import lines
from netsim.simulator.lines import IDLE, ReactorLine, SocketLine, line
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase

LARGE = bytes(range(256)) * (1 << 12)
"""More than a socket buffers."""


class SocketLineTests(ThreadsTestCase):
    """A thread speaks through the connection itself."""

    def setUp(self) -> None:
        super().setUp()
        own, self.client = socket.socketpair()
        self.addCleanup(self.client.close)
        self.addCleanup(own.close)
        own.setblocking(False)
        self.client.settimeout(PATIENCE)
        self.own = own
        self.line = SocketLine(own)

    def read(self, size: int) -> bytes:
        """What the client reads, up to so many bytes."""
        data = b""
        while len(data) < size and (more := self.client.recv(size - len(data))):
            data += more
        return data

    def test_send(self) -> None:
        """What is sent is there."""
        self.assertTrue(self.line.send(b"one"))
        self.assertTrue(self.line.send(b""))
        self.assertEqual(b"one", self.client.recv(9))

    def test_large(self) -> None:
        """More than the buffers hold is sent as the client reads it, however slowly."""
        sending = self.begin(self.line.send, LARGE)
        self.check_waits(sending)
        slowly = b"".join(self.read(1000) for _ in range(9))
        self.check_waits(sending)
        self.assertEqual(LARGE, slowly + self.read(len(LARGE) - len(slowly)))
        self.assertTrue(sending.result(PATIENCE))

    def test_receive(self) -> None:
        """What is there already, or comes soon, is received."""
        self.client.send(b"one")
        self.assertEqual(b"one", self.line.receive())
        receiving = self.begin(self.line.receive)
        self.client.send(b"two")
        self.assertEqual(b"two", receiving.result(PATIENCE))

    def test_idle(self) -> None:
        """After a while without a word there is nothing."""
        began = monotonic()
        self.assertEqual(b"", self.line.receive())
        self.assertGreaterEqual(monotonic() - began, IDLE * 0.9)

    def test_end(self) -> None:
        """A client that says no more has said nothing, at once; it still hears."""
        self.client.send(b"last")
        self.client.shutdown(socket.SHUT_WR)
        self.assertEqual([b"last", b"", b""], [self.line.receive() for _ in range(3)])
        self.assertTrue(self.line.send(b"answer"))
        self.assertEqual(b"answer", self.client.recv(9))

    def test_gone(self) -> None:
        """A client that has left takes nothing."""
        self.client.close()
        self.assertFalse(self.line.send(b"one"))
        self.assertEqual(b"", self.line.receive())

    def test_goneMeanwhile(self) -> None:
        """One that leaves while it is sent to lets the thread go."""
        sending = self.begin(self.line.send, LARGE)
        self.check_waits(sending)
        self.client.close()
        self.assertFalse(sending.result(PATIENCE))

    def test_reset(self) -> None:
        """A connection that is reset is as one that has ended."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        client = socket.create_connection(listening.getsockname())
        own, _ = listening.accept()
        self.addCleanup(own.close)
        own.setblocking(False)
        reset = SocketLine(own)
        sending = self.begin(reset.send, LARGE * 16)
        self.check_waits(sending)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        self.assertFalse(sending.result(PATIENCE))
        self.assertEqual([b"", b""], [reset.receive(), reset.receive()])
        self.assertFalse(reset.send(b"more"))

    def test_hangUp(self) -> None:
        """Another thread can let go whoever sends or receives."""
        sending = self.begin(self.line.send, LARGE)
        self.check_waits(sending)
        self.line.hang_up()
        self.assertFalse(sending.result(PATIENCE))
        self.assertEqual(b"", self.line.receive())
        began = monotonic()
        for _ in range(100):
            self.assertEqual(b"", self.line.receive())
        self.assertLess(monotonic() - began, 50 * IDLE)

    def test_hangUpReceiving(self) -> None:
        """Who receives does not wait until it is idle."""
        self.patch(lines, "IDLE", PATIENCE)
        receiving = self.begin(self.line.receive)
        self.check_waits(receiving)
        self.line.hang_up()
        self.assertEqual(b"", receiving.result(PATIENCE / 2))

    def test_close(self) -> None:
        """What comes after the end does no harm."""
        self.line.hang_up()
        self.line.hang_up()
        self.line.close()
        self.line.close()
        self.line.hang_up()
        self.assertFalse(self.line.send(b"one"))
        self.assertEqual(-1, self.own.fileno())


class ReactorLineTests(ThreadsTestCase):
    """A thread speaks through the reactor."""

    def test_send(self) -> None:
        """What is sent is written by the reactor, in order; there is nothing to receive."""
        reactor, written = Reactor(), []
        through = ReactorLine(written.append, reactor)
        sending = self.begin(lambda: [through.send(data) for data in (b"one", b"two")])
        self.assertEqual([True, True], sending.result(PATIENCE))
        self.assertEqual([], written)
        reactor.until(lambda: len(written) == 2)
        self.assertEqual([b"one", b"two"], written)
        self.assertEqual(b"", through.receive())
        through.hang_up()
        through.close()


class LineTests(ThreadsTestCase):
    """Which of them a transport has."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.own, self.client = socket.socketpair()
        for each in (self.own, self.client):
            self.addCleanup(each.close)
        self.own.setblocking(False)

    def line_of(self, kind: Any = Server) -> Any:
        self.transport = kind(self.own, Protocol(), ("127.0.0.1", 1), None, 1, self.reactor)
        return line(self.transport, self.transport.write, self.reactor)

    def test_server(self) -> None:
        """That of Twisted's TCP is a socket of its own for the same connection."""
        found = self.line_of()
        self.assertIsInstance(found, SocketLine)
        self.own.close()
        self.assertTrue(found.send(b"still here"))
        self.assertEqual(b"still here", self.client.recv(99))
        self.assertEqual(b"", found.receive())
        found.close()

    def test_others(self) -> None:
        """All others are spoken to by the reactor: only they know what they do with it."""

        class Other(Server):
            """More than TCP."""

        class Secret(Server):
            """TCP that has changed to TLS."""

        self.assertIsInstance(self.line_of(Other), ReactorLine)
        self.assertIsInstance(line(StringTransport(), print, self.reactor), ReactorLine)
        self.line_of()
        self.transport.TLS = True
        self.assertIsInstance(line(self.transport, print, self.reactor), ReactorLine)

    def test_noMoreFiles(self) -> None:
        """So is one for which there is no file descriptor left."""

        class Full:
            """A socket that cannot be had twice."""

            def dup(self) -> Any:
                raise OSError(24, "Too many open files")

        self.line_of()
        self.transport.getHandle = Full
        self.assertIsInstance(line(self.transport, print, self.reactor), ReactorLine)
