"""L{netsim.reactor.producer}, and that epoll's connections do the same."""

from __future__ import annotations

from tests.reactor.case import Listener, OnEPoll, ReactorCase


class Pausing(Listener):
    """Wants no data at first."""

    def connectionMade(self) -> None:
        """Pause."""
        self.transport.pauseProducing()
        super().connectionMade()


class Sipping(Listener):
    """Pauses with each piece."""

    def dataReceived(self, data: bytes) -> None:
        """Pause."""
        self.transport.pauseProducing()
        super().dataReceived(data)


class ProducerTests(ReactorCase):
    """What is read, and when."""

    def test_pause_at_first(self) -> None:
        """A pause in C{connectionMade} is kept, for data and for the end."""

        async def steps() -> None:
            peer = self.connect(self.listen(Pausing))
            peer.sendall(b"early")
            peer.close()
            await self.after()
            protocol = self.served[0]
            self.assertEqual(["made"], protocol.heard)
            protocol.transport.resumeProducing()
            self.assertEqual(["made"], protocol.heard)
            await self.after()
            self.assertEqual(["made", b"early", "ConnectionDone"], protocol.heard)

        self.run_steps(steps)

    def test_pauses(self) -> None:
        """Between two pauses one piece is heard; nothing is lost, and nothing heard twice."""

        async def steps() -> None:
            protocol, peer = await self.serve(Sipping)
            for number in range(5):
                peer.sendall(b"%d" % number)
                await self.after()
                self.assertEqual(number + 2, len(protocol.heard))
                peer.sendall(b"!")
                await self.after()
                self.assertEqual(number + 2, len(protocol.heard))
                protocol.transport.resumeProducing()
                await self.after()
                self.assertEqual(b"!", protocol.heard.pop())
                protocol.transport.resumeProducing()
            self.assertEqual(["made", b"0", b"1", b"2", b"3", b"4"], protocol.heard)

        self.run_steps(steps)


class EPollProducerTests(OnEPoll, ProducerTests):
    """The same on Twisted's own reactor."""
