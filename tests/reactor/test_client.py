"""L{netsim.reactor.client}, and that epoll's connectors do the same."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.protocol import ClientFactory

from tests.reactor.case import Listener, OnEPoll, ReactorCase


class Calls(ClientFactory):
    """Keeps a list of all that it hears, its protocol included."""

    noisy = False

    def __init__(self, *protocols: Any) -> None:
        self.heard: list[object] = []
        self.protocols = list(protocols)

    def doStart(self) -> None:
        """It is about to be used."""
        self.heard.append("start")
        super().doStart()

    def doStop(self) -> None:
        """It is used no more."""
        self.heard.append("stop")
        super().doStop()

    def startedConnecting(self, connector: Any) -> None:
        """An attempt is under way."""
        self.heard.append("connecting")

    def buildProtocol(self, address: Any) -> Any:
        """The next one of its protocols, which hears what the factory hears."""
        self.heard.append("build")
        protocol = self.protocols.pop(0)
        if isinstance(protocol, Listener):
            protocol.heard = self.heard
        return protocol() if isinstance(protocol, type) else protocol

    def clientConnectionFailed(self, connector: Any, reason: Any) -> None:
        """It has come to nothing."""
        self.heard.append(("failed", reason.type.__name__))

    def clientConnectionLost(self, connector: Any, reason: Any) -> None:
        """It is over; another try, if there is a protocol for it."""
        self.heard.append(("lost", reason.type.__name__))
        if self.protocols:
            connector.connect()


class ClientTests(ReactorCase):
    """What the factory of a client hears."""

    def check(self, calls: Calls, *expected: object) -> None:
        """It has heard this, from the first to the last."""
        self.assertEqual(["start", "connecting", *expected, "stop"], calls.heard)

    def test_order(self) -> None:
        """The protocol hears of the end before its factory; the factory may try again."""

        async def steps() -> None:
            port = self.listen(Listener)
            calls = Calls(Listener(), Listener())
            connector = self.reactor.connectTCP("127.0.0.1", port, calls)
            for _ in range(2):
                await self.after()
                connector.disconnect()
            await self.after()
            once = ("build", "made", "ConnectionDone", ("lost", "ConnectionDone"))
            self.check(calls, *once, "connecting", *once)

        self.run_steps(steps)

    def test_refused(self) -> None:
        """Nobody listens."""

        async def steps() -> None:
            calls = Calls()
            self.reactor.connectTCP("127.0.0.1", 1, calls)
            await self.after()
            self.check(calls, ("failed", "ConnectionRefusedError"))

        self.run_steps(steps)

    def test_range(self) -> None:
        """There is no such port."""

        async def steps() -> None:
            calls = Calls()
            self.reactor.connectTCP("127.0.0.1", 1 << 16, calls)
            await self.after()
            self.check(calls, ("failed", "OverflowError"))

        self.run_steps(steps)

    def test_timers(self) -> None:
        """What is connected at once needs none; what takes time is given up."""

        async def steps() -> None:
            calls = Calls(Listener())
            await self.after()
            begun = len(self.reactor.getDelayedCalls())
            connector = self.reactor.connectTCP("127.0.0.1", self.listen(Listener), calls)
            await self.after()
            connector.disconnect()
            await self.after()
            self.assertEqual(begun, len(self.reactor.getDelayedCalls()))
            # Its queue is full: who comes now is not answered.
            deaf = socket.socket()
            self.addCleanup(deaf.close)
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            name = deaf.getsockname()
            self.connect(name[1])
            slow = Calls()
            self.reactor.connectTCP(*name, slow, timeout=0.2)
            await self.after()
            self.assertEqual(begun + 1, len(self.reactor.getDelayedCalls()))
            await self.after(0.3)
            self.check(slow, ("failed", "TimeoutError"))

        self.run_steps(steps)

    def test_stopped(self) -> None:
        """The user wants it no more."""

        async def steps() -> None:
            calls = Calls()
            port = self.listen(Listener)
            self.reactor.connectTCP("127.0.0.1", port, calls).stopConnecting()
            await self.after()
            self.check(calls, ("failed", "UserError"))

        self.run_steps(steps)

    def test_bound(self) -> None:
        """It connects from the address that it was told, or fails."""

        async def steps() -> None:
            port = self.listen(Listener)
            protocol = Listener()
            bound = ("127.0.0.2", 0)
            self.reactor.connectTCP("127.0.0.1", port, Calls(protocol), bindAddress=bound)
            calls = Calls()
            self.reactor.connectTCP("127.0.0.1", port, calls, bindAddress=("192.0.2.1", 0))
            await self.after()
            self.assertEqual("127.0.0.2", protocol.transport.getHost().host)
            self.assertEqual(port, protocol.transport.getPeer().port)
            self.check(calls, ("failed", "ConnectBindError"))

        self.run_steps(steps)

    def test_no_protocol(self) -> None:
        """A factory that wants no protocol loses the connection."""

        async def steps() -> None:
            calls = Calls(None)
            self.reactor.connectTCP("127.0.0.1", self.listen(Listener), calls)
            await self.after()
            self.check(calls, "build", ("lost", "ConnectionDone"))

        self.run_steps(steps)

    def test_broken_factory(self) -> None:
        """A factory that cannot build its protocol has failed to connect."""

        async def steps() -> None:
            calls = Calls()
            self.reactor.connectTCP("127.0.0.1", self.listen(Listener), calls)
            await self.after()
            self.check(calls, "build", ("failed", "ConnectError"))

        self.run_steps(steps)
        self.assertEqual(1, len(self.flushLoggedErrors(IndexError)))


class EPollClientTests(OnEPoll, ClientTests):
    """The same on Twisted's own reactor."""
