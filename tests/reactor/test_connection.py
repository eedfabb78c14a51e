"""L{netsim.reactor.connection}, and that epoll's connections do the same."""

from __future__ import annotations

import gc
import socket
import struct
import weakref
from typing import Any

from twisted.internet.protocol import ClientFactory

from tests.reactor.case import HalfListener, Listener, OnEPoll, ReactorCase

RESET = struct.pack("ii", 1, 0)


class Failing(Listener):
    """Raises what it is sent the name of."""

    def dataReceived(self, data: bytes) -> None:
        """Fail."""
        raise {b"file": FileNotFoundError, b"zero": ZeroDivisionError}[data]


class Parting(Listener):
    """Says goodbye at once."""

    def connectionMade(self) -> None:
        """Say goodbye."""
        super().connectionMade()
        self.transport.write(b"bye")
        self.transport.loseConnection()


class Curt(Listener):
    """Closes on the first word, and says so."""

    def dataReceived(self, data: bytes) -> None:
        """Close."""
        super().dataReceived(data)
        self.transport.loseConnection()
        self.transport.write(b"enough")


class ConnectionTests(ReactorCase):
    """What a protocol hears, and what its peer sees."""

    def test_end(self) -> None:
        """The peer closes: that is a clean end."""

        async def steps() -> None:
            protocol, peer = await self.serve(Listener)
            peer.sendall(b"last")
            peer.close()
            await self.after()
            self.assertEqual(["made", b"last", "ConnectionDone"], protocol.heard)

        self.run_steps(steps)

    def test_reset(self) -> None:
        """The peer resets: that is no clean end."""

        async def steps() -> None:
            protocol, peer = await self.serve(Listener)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            peer.close()
            await self.after()
            self.assertEqual(["made", "ConnectionLost"], protocol.heard)

        self.run_steps(steps)

    def test_abort(self) -> None:
        """C{abortConnection} resets, whatever waits to be sent; it is heard once, later."""

        async def steps() -> None:
            protocol, peer = await self.serve(Listener)
            protocol.transport.write(b"x" * 10_000_000)
            protocol.transport.loseConnection()
            protocol.transport.abortConnection()
            protocol.transport.abortConnection()
            self.assertEqual(["made"], protocol.heard)
            await self.after()
            self.assertEqual(["made", "ConnectionAborted"], protocol.heard)
            with self.assertRaises(ConnectionResetError):
                while peer.recv(1 << 20):
                    pass

        self.run_steps(steps)

    def test_failing(self) -> None:
        """A protocol that raises is logged, and closed; others are not touched."""

        async def steps() -> None:
            one, peer = await self.serve(Failing)
            two, _ = await self.serve(Failing)
            peer.sendall(b"zero")
            await self.after()
            self.assertEqual(["made", "ZeroDivisionError"], one.heard)
            self.assertEqual(["made"], two.heard)

        self.run_steps(steps)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_failing_os(self) -> None:
        """An OSError of a protocol is not taken for one of the connection."""

        async def steps() -> None:
            protocol, peer = await self.serve(Failing)
            peer.sendall(b"file")
            await self.after()
            self.assertEqual(["made", "FileNotFoundError"], protocol.heard)

        self.run_steps(steps)
        self.assertEqual(1, len(self.flushLoggedErrors(FileNotFoundError)))

    def test_parting(self) -> None:
        """What was written is sent first, and nothing is received after C{loseConnection}."""

        async def steps() -> None:
            peer = self.connect(self.listen(Parting))
            peer.sendall(b"hello")
            await self.after()
            self.assertEqual(["made", "ConnectionDone"], self.served[0].heard)
            self.assertEqual(b"bye", peer.recv(10))

        self.run_steps(steps)

    def test_curt(self) -> None:
        """What is written right after C{loseConnection} is still sent, and no more received."""

        async def steps() -> None:
            protocol, peer = await self.serve(Curt)
            peer.sendall(b"one")
            await self.after()
            self.assertEqual(["made", b"one", "ConnectionDone"], protocol.heard)
            self.assertEqual(b"enough", peer.recv(10))

        self.run_steps(steps)

    def test_flushed(self) -> None:
        """All that was written arrives before the end."""

        async def steps() -> None:
            protocol, peer = await self.serve(Listener)
            protocol.transport.writeSequence([b"x" * 5_000_000, b"y"])
            protocol.transport.loseConnection()
            peer.setblocking(False)
            received = 0
            while received < 5_000_001:
                await self.after(0)
                try:
                    received += len(peer.recv(1 << 20))
                except BlockingIOError:
                    continue
            await self.after()
            self.assertEqual((b"", ["made", "ConnectionDone"]), (peer.recv(1), protocol.heard))

        self.run_steps(steps)

    def test_half_closed(self) -> None:
        """Each direction ends by itself, and once."""

        async def steps() -> None:
            protocol, peer = await self.serve(HalfListener)
            peer.shutdown(socket.SHUT_WR)
            await self.after()
            protocol.transport.write(b"answer")
            protocol.transport.loseWriteConnection()
            protocol.transport.write(b"!")
            await self.after()
            self.assertEqual(b"answer!", peer.recv(6) + peer.recv(6) + peer.recv(6))
            self.assertEqual(["made", "read lost", "write lost"], protocol.heard)
            protocol.transport.loseConnection()
            await self.after()
            self.assertEqual("ConnectionDone", protocol.heard[-1])

        self.run_steps(steps)

    def test_afterwards(self) -> None:
        """What is done with a connection that is gone does nothing, but mistakes are told."""

        async def steps() -> None:
            protocol, peer = await self.serve(Listener)
            transport: Any = protocol.transport
            peer.close()
            await self.after()
            transport.write(b"x")
            transport.writeSequence([b"x"])
            transport.loseConnection()
            transport.abortConnection()
            transport.pauseProducing()
            transport.resumeProducing()
            self.assertRaises(TypeError, transport.write, "text")
            self.assertRaises(TypeError, transport.writeSequence, ["text"])
            await self.after()
            self.assertEqual(["made", "ConnectionDone"], protocol.heard)

        self.run_steps(steps)

    def test_stop(self) -> None:
        """A reactor that stops tells every protocol, paused ones as well."""

        async def steps() -> None:
            protocol, _ = await self.serve(Listener)
            self.assertEqual(["made"], protocol.heard)

        self.run_steps(steps)
        self.assertEqual(["made", "ConnectionLost"], self.served[0].heard)


class GarbageTests(ReactorCase):
    """What is left of a connection, where other reactors do leave something."""

    def test_garbage(self) -> None:
        """Neither side refers to itself: both are gone without the garbage collector."""

        async def steps() -> None:
            factory = ClientFactory.forProtocol(Listener)
            port = self.listen(Listener)
            gc.disable()
            self.addCleanup(gc.enable)
            connector = self.reactor.connectTCP("127.0.0.1", port, factory)
            await self.after()
            sides = [weakref.ref(connector.transport), weakref.ref(self.served[0].transport)]
            connector.transport.write(b"one")
            await self.after()
            connector.disconnect()
            del connector, self.served[:]
            await self.after()
            self.assertEqual([None, None], [side() for side in sides])

        self.run_steps(steps)


class EPollConnectionTests(OnEPoll, ConnectionTests):
    """The same on Twisted's own reactor."""
