"""L{netsim.dsisocket.ssh.channels}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.conch.ssh.common import NS
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.dsisocket.ssh.channels import IRemoteProcess, SubsystemChannel
from netsim.errors import SshError
from tests.dsisocket.ssh.peers import Peer, Recorder, word


@implementer(IRemoteProcess)
class Heard:
    """What was told of a command."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def output_received(self, data: bytes) -> None:
        self.told.append(data)

    def ended(self, status: int | None, signal: str | None) -> None:
        self.told.append((status, signal))


def request(kind: bytes, rest: bytes = b"", reply: bool = False, channel: int = 100) -> Any:
    """What is asked of a channel of the server."""
    return ("CHANNEL_REQUEST", word(channel) + NS(kind) + bytes([reply]) + rest)


class ExecChannelTests(SynchronousTestCase):
    """Commands, with a server by hand."""

    def setUp(self) -> None:
        self.peer = Peer()
        self.heard = Heard()

    def start(self, stdin: bytes = b"") -> Any:
        """Have a command accepted; gives its channel."""
        starting = self.peer.connection.execute(b"true", self.heard, stdin)
        self.peer.confirms()
        self.peer.says("CHANNEL_SUCCESS", word(0))
        self.peer.heard()
        return self.successResultOf(starting)

    def test_interface(self) -> None:
        """What hears of commands has an interface."""
        self.assertTrue(verifyObject(IRemoteProcess, self.heard))

    def test_asked(self) -> None:
        """The command is asked for when the channel is open, with the end of stdin after it."""
        starting = self.peer.connection.execute(b"true", self.heard)
        [(name, payload)] = self.peer.heard()
        self.assertEqual("CHANNEL_OPEN", name)
        self.assertTrue(payload.startswith(NS(b"session")))
        self.peer.confirms()
        asked = request(b"exec", NS(b"true"), True)
        self.assertEqual([asked, ("CHANNEL_EOF", word(100))], self.peer.heard())
        self.assertNoResult(starting)
        self.peer.says("CHANNEL_SUCCESS", word(0))
        self.successResultOf(starting)

    def test_stdin(self) -> None:
        """What it is to read goes before that end, as the window allows."""
        self.peer.connection.execute(b"true", self.heard, b"12345")
        self.peer.confirms(window=3)
        self.peer.heard()
        self.peer.says("CHANNEL_WINDOW_ADJUST", word(0, 100))
        rest = [("CHANNEL_DATA", word(100) + NS(b"45")), ("CHANNEL_EOF", word(100))]
        self.assertEqual(rest, self.peer.heard())

    def test_agent(self) -> None:
        """The agent is offered before the command, where that is wanted."""
        self.peer = Peer(agent=Path("/agent"), forward_agent=True)
        self.peer.connection.execute(b"true", self.heard)
        self.peer.heard()
        self.peer.confirms()
        self.assertEqual(request(b"auth-agent-req@openssh.com"), self.peer.heard()[0])
        for changes in ({"agent": Path("/agent")}, {"forward_agent": True}):
            self.peer = Peer(**changes)
            self.peer.connection.execute(b"true", self.heard)
            self.peer.heard()
            self.peer.confirms()
            self.assertEqual(request(b"exec", NS(b"true"), True), self.peer.heard()[0])

    def test_told(self) -> None:
        """Output comes as it is printed, the end after it, and only when the channel is closed."""
        self.start()
        self.peer.sends(b"one")
        self.peer.says("CHANNEL_EXTENDED_DATA", word(0, 1), NS(b"two"))
        self.peer.says("CHANNEL_REQUEST", word(0), NS(b"exit-status"), b"\0", word(7))
        self.peer.sends(b"three")
        self.peer.says("CHANNEL_EOF", word(0))
        self.assertEqual([b"one", b"two", b"three"], self.heard.told)
        self.peer.closes()
        self.peer.is_lost()
        self.assertEqual([b"one", b"two", b"three", (7, None)], self.heard.told)

    def test_told_of_the_exit(self) -> None:
        """Who wants to know hears of the exit before, while others may still print."""
        self.heard.exited = lambda *how: self.heard.told.append(("exit", *how))
        self.start()
        self.peer.says("CHANNEL_REQUEST", word(0), NS(b"exit-status"), b"\0", word(7))
        self.peer.sends(b"late")
        self.peer.closes()
        self.assertEqual([("exit", 7, None), b"late", (7, None)], self.heard.told)

    def test_signal_that_ended_it(self) -> None:
        """So does the name of a signal."""
        self.start()
        rest = (NS(b"KILL"), b"\0", NS(b"text"), NS(b""))
        self.peer.says("CHANNEL_REQUEST", word(0), NS(b"exit-signal"), b"\0", *rest)
        self.peer.closes()
        self.assertEqual([(None, "KILL")], self.heard.told)

    def test_lost(self) -> None:
        """The end of the connection is the end of the command."""
        self.start()
        self.peer.is_lost()
        self.assertEqual([(None, None)], self.heard.told)

    def test_signal(self) -> None:
        """Signals are sent, as long as there is a channel."""
        channel = self.start()
        channel.signal("TERM")
        self.assertEqual([request(b"signal", NS(b"TERM"))], self.peer.heard())
        self.peer.closes()
        self.peer.heard()
        channel.signal("TERM")
        self.assertEqual([], self.peer.heard())

    def test_refused(self) -> None:
        """A command that the server does not accept is an error, and is not heard of."""
        starting = self.peer.connection.execute(b"true", self.heard)
        self.peer.confirms()
        self.peer.heard()
        self.peer.says("CHANNEL_FAILURE", word(0))
        self.assertEqual([("CHANNEL_CLOSE", word(100))], self.peer.heard())
        self.assertEqual(
            "me@there:22 refuses to do it: exec",
            self.failureResultOf(starting, SshError).getErrorMessage(),
        )
        self.peer.closes()
        self.assertEqual([], self.heard.told)

    def test_closed_before(self) -> None:
        """So is one whose channel the server closes instead of an answer."""
        starting = self.peer.connection.execute(b"true", self.heard)
        self.peer.confirms()
        self.peer.closes()
        self.assertEqual(
            "me@there:22 closed the session",
            self.failureResultOf(starting, SshError).getErrorMessage(),
        )
        self.assertEqual([], self.heard.told)

    def test_not_opened(self) -> None:
        """So is one for which there is no channel."""
        starting = self.peer.connection.execute(b"true", self.heard)
        self.peer.says("CHANNEL_OPEN_FAILURE", word(0, 1), NS(b"go away"), NS(b""))
        self.assertEqual(
            "me@there:22 opens no session: go away",
            self.failureResultOf(starting, SshError).getErrorMessage(),
        )

    def test_lost_before(self) -> None:
        """So is one when the connection is lost before there is an answer, at any time."""
        first = self.peer.connection.execute(b"true", self.heard)
        second = self.peer.connection.execute(b"true", self.heard)
        self.peer.confirms(0)
        self.peer.is_lost()
        for starting in (first, second):
            self.failureResultOf(starting, SshError)
        self.assertEqual([], self.heard.told)

    def test_given_up_before_it_is_open(self) -> None:
        """Cancelling closes the channel as soon as there is one."""
        starting = self.peer.connection.execute(b"true", self.heard)
        starting.cancel()
        self.failureResultOf(starting, CancelledError)
        self.peer.heard()
        self.peer.confirms()
        self.assertEqual([("CHANNEL_CLOSE", word(100))], self.peer.heard())
        self.peer.closes()
        self.assertEqual([], self.heard.told)

    def test_given_up_before_it_is_accepted(self) -> None:
        """It closes it now, where there is one; what comes late is not heard of."""
        starting = self.peer.connection.execute(b"true", self.heard)
        self.peer.confirms()
        self.peer.heard()
        starting.cancel()
        self.failureResultOf(starting, CancelledError)
        self.assertEqual([("CHANNEL_CLOSE", word(100))], self.peer.heard())
        self.peer.says("CHANNEL_SUCCESS", word(0))
        self.peer.sends(b"late")
        self.peer.closes()
        self.assertEqual([], self.heard.told)

    def test_no_room(self) -> None:
        """A command waits for the end of another where the server has no room."""
        self.start()
        later = self.peer.connection.execute(b"true", Heard())
        self.peer.heard()
        self.peer.says("CHANNEL_OPEN_FAILURE", word(1, 2), NS(b"open failed"), NS(b""))
        self.assertNoResult(later)
        self.assertEqual([], self.peer.heard())
        self.peer.closes()
        self.assertEqual(["CHANNEL_CLOSE", "CHANNEL_OPEN"], [name for name, _ in self.peer.heard()])
        self.peer.confirms(2)
        self.peer.says("CHANNEL_SUCCESS", word(2))
        self.successResultOf(later)

    def no_room(self, channel: int) -> None:
        """The server has none."""
        self.peer.says("CHANNEL_OPEN_FAILURE", word(channel, 2), NS(b"open failed"), NS(b""))

    def test_no_room_though_nothing_runs(self) -> None:
        """A server is asked again, as it may not know that yet; but not for ever."""
        starting = self.peer.connection.execute(b"true", self.heard)
        for number in range(5):
            self.peer.heard()
            self.no_room(number)
            self.assertEqual([], self.peer.heard())
            self.peer.clock.advance(0.05)
            self.assertEqual(["CHANNEL_OPEN"], [name for name, _ in self.peer.heard()])
        self.assertNoResult(starting)
        self.no_room(5)
        self.assertEqual(
            "me@there:22 opens no session: open failed",
            self.failureResultOf(starting, SshError).getErrorMessage(),
        )

    def test_no_room_for_several(self) -> None:
        """All that wait are begun, one after the other, and each is told when it is lost."""
        several = [self.peer.connection.execute(b"true", self.heard) for _ in range(3)]
        for number in range(3):
            self.no_room(number)
        self.peer.clock.advance(0.05)
        self.peer.confirms(3)
        self.peer.says("CHANNEL_SUCCESS", word(3))
        self.successResultOf(several[0])
        self.peer.closes(3)
        self.peer.confirms(4)
        self.peer.closes(4)
        self.no_room(5)
        self.failureResultOf(several[1], SshError)
        self.peer.is_lost()
        self.failureResultOf(several[2], SshError)
        self.assertEqual([], self.peer.clock.getDelayedCalls())

    def test_no_room_and_then_lost(self) -> None:
        """It fails when the connection is lost meanwhile."""
        self.start()
        later = self.peer.connection.execute(b"true", Heard())
        self.peer.says("CHANNEL_OPEN_FAILURE", word(1, 2), NS(b"open failed"), NS(b""))
        self.peer.is_lost()
        self.failureResultOf(later, SshError)

    def test_too_much(self) -> None:
        """A server that sends more than it may loses that channel only."""
        self.start()
        self.peer.sends(b"x" * ((1 << 15) + 1))
        self.assertEqual(["CHANNEL_CLOSE"], [name for name, _ in self.peer.heard()])
        self.peer.sends(b"x" * ((1 << 15) + 1))
        self.peer.closes()
        self.assertEqual([(None, None)], self.heard.told)

    def test_mistake(self) -> None:
        """A mistake of who hears it ends the command, and nothing else."""
        self.heard.output_received = lambda _: 1 / 0
        self.start()
        self.peer.sends(b"one")
        self.assertEqual(["CHANNEL_CLOSE"], [name for name, _ in self.peer.heard()])
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.assertFalse(self.peer.connection.is_lost)


class SubsystemChannelTests(SynchronousTestCase):
    """Tests of L{SubsystemChannel}."""

    def setUp(self) -> None:
        self.peer = Peer()
        self.protocol = Recorder()
        self.channel = SubsystemChannel("me@there:22", b"sftp", self.protocol)
        assert self.channel.opened is not None
        self.opening = self.channel.opened
        self.peer.connection.openChannel(self.channel)
        self.peer.confirms()

    def test_both_ways(self) -> None:
        """The protocol begins when the server has agreed, and has the channel for a transport."""
        self.assertEqual(request(b"subsystem", NS(b"sftp"), True), self.peer.heard()[-1])
        self.assertEqual([], self.protocol.told)
        self.peer.says("CHANNEL_SUCCESS", word(0))
        self.assertIs(self.channel, self.successResultOf(self.opening))
        self.peer.sends(b"hello")
        self.assertEqual(["made", b"hello"], self.protocol.told)
        self.protocol.transport.write(b"there")
        self.assertEqual([("CHANNEL_DATA", word(100) + NS(b"there"))], self.peer.heard())
        self.peer.closes()
        self.assertEqual(["made", b"hello", SshError], self.protocol.told)

    def test_refused(self) -> None:
        """It hears nothing where the server does not."""
        self.peer.says("CHANNEL_FAILURE", word(0))
        self.failureResultOf(self.opening, SshError)
        self.peer.closes()
        self.assertEqual([], self.protocol.told)
