"""L{netsim.reactor.port}."""

from __future__ import annotations

import resource
import socket
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory
from zope.interface.verify import verifyObject

from tests.reactor.case import Listener, ReactorCase


class Failing(Listener):
    """Cannot begin."""

    def connectionMade(self) -> None:
        """Fail."""
        raise ZeroDivisionError


class PortTests(ReactorCase):
    """Ports accept, give away, and close."""

    def test_interface(self) -> None:
        """It is Twisted's kind of port, and a port in use is Twisted's error."""
        port = self.reactor.listenTCP(0, Factory(), interface="127.0.0.1")
        verifyObject(IListeningPort, port)
        number = port.getHost().port
        self.assertRaises(
            CannotListenError, self.reactor.listenTCP, number, Factory(), 50, "127.0.0.1"
        )

    def test_version_6(self) -> None:
        """Both addresses of an IPv6 connection have its family."""

        async def steps() -> None:
            factory = Factory.forProtocol(Listener)
            factory.buildProtocol = lambda address: self.served.append(Listener()) or self.served[0]
            port = self.reactor.listenTCP(0, factory, interface="::1")
            peer = socket.create_connection(("::1", port.getHost().port))
            self.addCleanup(peer.close)
            await self.after()
            transport = self.served[0].transport
            self.assertEqual(("IPv6Address", "::1"), self.kind(transport.getHost()))
            self.assertEqual(peer.getsockname()[1], transport.getPeer().port)

        self.run_steps(steps)

    def kind(self, address: Any) -> tuple[str, str]:
        """The kind of an address, and its host."""
        return type(address).__name__, address.host

    def test_no_protocol(self) -> None:
        """A factory that wants no protocol has the connection closed."""

        async def steps() -> None:
            factory = Factory()
            factory.noisy = False
            factory.buildProtocol = lambda address: None
            port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
            peer = self.connect(port.getHost().port)
            await self.after()
            self.assertEqual(b"", peer.recv(1))
            self.assertEqual(set(), self.reactor.connections)

        self.run_steps(steps)

    def test_failing(self) -> None:
        """A protocol that cannot begin is logged, and hears its connection as ever."""

        async def steps() -> None:
            protocol, peer = await self.serve(Failing)
            peer.sendall(b"data")
            await self.after()
            self.assertEqual([b"data"], protocol.heard)

        self.run_steps(steps)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_stopped(self) -> None:
        """A port that is stopped leaves what it has accepted alone."""

        async def steps() -> None:
            port = self.reactor.listenTCP(0, Factory.forProtocol(Listener), interface="127.0.0.1")
            number = port.getHost().port
            peer = self.connect(number)
            await self.after()
            await port.stopListening()
            self.assertRaises(
                ConnectionRefusedError, socket.create_connection, ("127.0.0.1", number)
            )
            (connection,) = self.reactor.connections
            connection.write(b"still here")
            await self.after()
            self.assertEqual(b"still here", peer.recv(20))

        self.run_steps(steps)

    def test_descriptors(self) -> None:
        """Without file descriptors clients are turned away; with some it goes on."""

        async def steps() -> None:
            port = self.listen(Listener)
            peers = [socket.socket() for _ in range(3)]
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (peers[-1].fileno() + 1, limits[1]))
            try:
                for peer in peers:
                    self.addCleanup(peer.close)
                    peer.connect(("127.0.0.1", port))
                await self.after()
                self.assertEqual(b"", peers[0].recv(1))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            self.connect(port)
            await self.after()
            self.assertEqual(["made"], self.served[-1].heard)

        self.run_steps(steps)
