"""L{netsim.reactor.unix}."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import IFileDescriptorReceiver, IUNIXTransport
from twisted.internet.protocol import Factory
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.reactor.unix import UNIXConnection
from tests.reactor.case import Listener, ReactorCase
from tests.reactor.test_client import Calls


@implementer(IFileDescriptorReceiver)
class Receiver(Listener):
    """Takes file descriptors."""

    def fileDescriptorReceived(self, descriptor: int) -> None:
        """It has received this."""
        os.close(descriptor)
        self.heard.append("descriptor")


class UNIXTests(ReactorCase):
    """Unix connections."""

    def open(self, kind: type[Listener]) -> socket.socket:
        """Serve protocols of this kind: a socket that is connected to the first one."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = str(Path(directory.name, "s"))
        factory = Factory()
        factory.noisy = False
        factory.buildProtocol = lambda address: self.served.append(kind()) or self.served[-1]
        self.reactor.listenUNIX(path, factory)
        peer = socket.socket(socket.AF_UNIX)
        self.addCleanup(peer.close)
        peer.connect(path)
        return peer

    def test_serves(self) -> None:
        """It is served as others are; what TCP alone has does nothing."""

        async def steps() -> None:
            peer = self.open(Listener)
            peer.sendall(b"data")
            await self.after()
            transport = self.served[0].transport
            verifyObject(IUNIXTransport, transport)
            transport.setTcpNoDelay(True)
            self.assertFalse(transport.getTcpNoDelay())
            self.assertEqual(UNIXAddress(None), transport.getPeer())
            self.assertEqual(UNIXAddress(peer.getpeername()), transport.getHost())
            self.assertEqual(["made", b"data"], self.served[0].heard)

        self.run_steps(steps)

    def test_sends(self) -> None:
        """File descriptors go with the next bytes, in their order, and nothing is lost."""

        async def steps() -> None:
            peer = self.open(Listener)
            await self.after()
            transport = self.served[0].transport
            transport.write(b"before ")
            with open(os.devnull) as one, open(os.devnull) as other:
                transport.sendFileDescriptor(one.fileno())
                transport.sendFileDescriptor(other.fileno())
                transport.write(b"with them")
                transport.loseConnection()
                await self.after()
            received, descriptors = b"", 0
            while data := socket.recv_fds(peer, 100, 10):
                if not data[0]:
                    break
                received += data[0]
                descriptors += len(data[1])
                for descriptor in data[1]:
                    os.close(descriptor)
            self.assertEqual((b"before with them", 2), (received, descriptors))
            self.assertEqual(["made", "ConnectionDone"], self.served[0].heard)

        self.run_steps(steps)

    def test_overrun(self) -> None:
        """More file descriptors than bytes end the connection."""

        async def steps() -> None:
            self.open(Listener)
            await self.after()
            self.served[0].transport.sendFileDescriptor(0)
            await self.after()
            self.assertEqual(["made", "FileDescriptorOverrun"], self.served[0].heard)

        self.run_steps(steps)

    def test_receives(self) -> None:
        """A protocol that takes file descriptors gets them."""

        async def steps() -> None:
            peer = self.open(Receiver)
            with open(os.devnull) as file:
                socket.send_fds(peer, [b"x"], [file.fileno()])
            await self.after()
            self.assertEqual(["made", "descriptor", b"x"], self.served[0].heard)
            self.assertNotIsInstance(self.served[0].transport, UNIXConnection)

        self.run_steps(steps)

    def test_no_path(self) -> None:
        """Who connects to what cannot be a path is told."""

        async def steps() -> None:
            calls = Calls()
            self.reactor.connectUNIX("/" + "x" * 200, calls)
            await self.after()
            self.assertEqual(("failed", "ConnectError"), calls.heard[2])

        self.run_steps(steps)
