"""L{netsim.reactor.consumer}, and that epoll's connections do the same."""

from __future__ import annotations

from typing import Any

from tests.reactor.case import HalfListener, Listener, OnEPoll, ReactorCase

CHUNK = bytes(1 << 16)


class Pushing(Listener):
    """Writes in each turn, unless it is paused."""

    written = 0
    going = True

    def connectionMade(self) -> None:
        """Begin."""
        super().connectionMade()
        self.transport.registerProducer(self, True)
        self.push()

    def push(self) -> None:
        """Write once, and again in the next turn."""
        if self.going:
            self.transport.write(CHUNK)
            self.written += 1
            self.transport.reactor.callLater(0, self.push)

    def pauseProducing(self) -> None:
        """Write no more."""
        self.going = False

    def resumeProducing(self) -> None:
        """Go on."""
        self.going = True
        self.transport.reactor.callLater(0, self.push)

    def stopProducing(self) -> None:
        """It is over."""
        self.going = False
        self.heard.append("stop")


class Pulled(Listener):
    """Writes when it is asked to, a hundred times."""

    written = 0

    def connectionMade(self) -> None:
        """Wait to be asked."""
        super().connectionMade()
        self.transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Write."""
        self.transport.write(CHUNK[:1000] if self.written % 2 else CHUNK)
        self.written += 1
        if self.written == 100:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def stopProducing(self) -> None:
        """It is over."""
        self.heard.append("stop")


class Tired(Listener):
    """Fails when it is asked for more."""

    def connectionMade(self) -> None:
        """Write something, and wait to be asked."""
        super().connectionMade()
        self.transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Write once, and then no more."""
        if "asked" in self.heard:
            raise ZeroDivisionError
        self.heard.append("asked")
        self.transport.write(b"x")

    def stopProducing(self) -> None:
        """It is over."""


class ConsumerTests(ReactorCase):
    """Producers, and the ends of what is written."""

    async def drain(self, peer: Any, until: int) -> int:
        """Read this many bytes, or to the end: how many came."""
        peer.setblocking(False)
        count = 0
        while count < until:
            await self.after(0)
            try:
                data = peer.recv(1 << 20)
            except BlockingIOError:
                continue
            if not data:
                break
            count += len(data)
        return count

    def test_never_reads(self) -> None:
        """For a peer that does not read, little is kept; its end stops the producer."""

        async def steps() -> None:
            protocol, peer = await self.serve(Pushing)
            await self.after(0.2)
            written = protocol.written
            await self.after(0.2)
            self.assertEqual((written, False), (protocol.written, protocol.going))
            peer.close()
            # Nobody reads from the other side, so it is a reset.
            await self.after()
            self.assertEqual(["made", "stop", "ConnectionLost"], protocol.heard)

        self.run_steps(steps)

    def test_resumed(self) -> None:
        """When the peer reads again, the producer goes on."""

        async def steps() -> None:
            protocol, peer = await self.serve(Pushing)
            await self.after(0.2)
            before = protocol.written
            await self.drain(peer, (before + 100) * len(CHUNK))
            self.assertGreater(protocol.written, before + 99)
            protocol.transport.unregisterProducer()
            protocol.going = False

        self.run_steps(steps)

    def test_lost_while_paused(self) -> None:
        """C{loseConnection} waits for a paused producer to be done."""

        async def steps() -> None:
            protocol, peer = await self.serve(Pushing)
            await self.after(0.2)
            protocol.transport.loseConnection()
            await self.after()
            self.assertEqual(["made"], protocol.heard)
            protocol.transport.unregisterProducer()
            expected = protocol.written * len(CHUNK)
            self.assertEqual(expected, await self.drain(peer, 1 << 40))
            await self.after()
            self.assertEqual(["made", "ConnectionDone"], protocol.heard)

        self.run_steps(steps)

    def test_pulled(self) -> None:
        """A pull producer is asked again whenever all is sent, at once or not."""

        async def steps() -> None:
            protocol, peer = await self.serve(Pulled)
            expected = 50 * (len(CHUNK) + 1000)
            self.assertEqual(expected, await self.drain(peer, 1 << 40))
            await self.after()
            self.assertEqual(["made", "ConnectionDone"], protocol.heard)

        self.run_steps(steps)

    def test_failing(self) -> None:
        """A producer that raises loses its connection."""

        async def steps() -> None:
            protocol, _ = await self.serve(Tired)
            self.assertEqual(["made", "asked", "ZeroDivisionError"], protocol.heard)

        self.run_steps(steps)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_two(self) -> None:
        """There is one producer at a time; a connection that is gone stops a new one."""

        async def steps() -> None:
            protocol, peer = await self.serve(Listener)
            other = Pushing()
            protocol.transport.registerProducer(other, True)
            self.assertRaises(RuntimeError, protocol.transport.registerProducer, Pushing(), True)
            protocol.transport.unregisterProducer()
            peer.close()
            await self.after()
            protocol.transport.registerProducer(other, True)
            self.assertEqual(["stop"], other.heard)

        self.run_steps(steps)

    def test_large_half(self) -> None:
        """The end of file comes after all that was written, and reading goes on."""

        async def steps() -> None:
            protocol, peer = await self.serve(HalfListener)
            protocol.transport.write(bytes(5_000_000))
            protocol.transport.loseWriteConnection()
            self.assertEqual(5_000_000, await self.drain(peer, 1 << 40))
            peer.sendall(b"more")
            await self.after()
            self.assertEqual(["made", "write lost", b"more"], protocol.heard)

        self.run_steps(steps)


class EPollConsumerTests(OnEPoll, ConsumerTests):
    """The same on Twisted's own reactor."""
