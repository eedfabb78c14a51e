"""Clients of a L{CommandFactory}, in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import SUCCEEDED, Reply, Status
from netsim.dsisocket.protocol import CommandFactory, CommandProtocol

OK = Reply(Status.OK, SUCCEEDED)
DONE = OK.line().decode().rstrip()
BUSY = Reply(Status.BUSY, "another connection is being served: try again later").line()


class Transport(StringTransport):
    """One that can close half of itself, as TCP does, and says whether it is read."""

    half_closed = False

    def __init__(self) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", "127.0.0.1", 4242))

    def loseWriteConnection(self) -> None:
        """Nothing more is written."""
        self.half_closed = True

    def write(self, data: bytes) -> None:
        """Nor was a mistake made here."""
        assert not (self.half_closed or self.disconnecting), "written after its end"
        super().write(data)

    @property
    def lines(self) -> list[str]:
        """What was written."""
        *lines, rest = self.value().decode().split("\n")
        assert not rest
        return lines

    @property
    def is_read(self) -> bool:
        """Whether it was not asked to wait."""
        return self.producerState == "producing"


class ConnectionTestCase(SynchronousTestCase):
    """
    Connections to a factory whose commands end when the test says so.

    @ivar begun: the commands, in the order in which they were begun.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.begun: list[object] = []
        self.running: list[Deferred[Reply]] = []
        self.events: list[LogEvent] = []
        globalLogPublisher.addObserver(self.events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.events.append)
        self.factory = self.make()

    def make(self, **options: Any) -> CommandFactory:
        """A factory."""
        return CommandFactory(self.run_command, clock=self.clock, **options)

    def run_command(self, value: object) -> Deferred[Reply]:
        """What the factory does."""
        self.begun.append(value)
        self.running.append(Deferred())
        return self.running[-1]

    def finish(self, reply: Reply = OK) -> None:
        """The command that was begun first ends."""
        self.running.pop(0).callback(reply)

    def connect(self, *segments: bytes) -> tuple[CommandProtocol, Transport]:
        """One more client, which says this."""
        protocol, transport = self.factory.buildProtocol(None), Transport()
        assert protocol is not None
        protocol.makeConnection(transport)
        for segment in segments:
            protocol.dataReceived(segment)
        return protocol, transport

    def logged(self) -> list[str]:
        """All that is in the log."""
        return [formatEvent(event) for event in self.events]

    def check_pending(self, count: int = 0) -> None:
        """So many timers run, and no more."""
        self.assertEqual(count, len(self.clock.getDelayedCalls()))
