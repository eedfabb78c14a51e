"""Tests for L{netsim.simulator.control}."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from twisted.internet.defer import Deferred, fail
from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactor, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import HostError
from netsim.simulator.control import Control, ControlFactory
from netsim.simulator.messages import Status, decode, encode, statuses

ONE, OTHER = Status("one", "one", 1, ("127.0.0.1:1",)), Status("two", "two", 1, ("127.0.0.1:2",))


class Simulators:
    """What is controlled."""

    def __init__(self) -> None:
        self.there = [ONE, OTHER]
        self.stopping: list[str] = []

    def status(self) -> Iterable[Status]:
        return self.there

    def stop(self, names: Iterable[str]) -> None:
        self.stopping += names


class ProtocolTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.simulators = Simulators()
        self.protocol = ControlFactory(self.simulators).buildProtocol(None)
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    def answers(self, data: bytes) -> list[dict[str, object]]:
        """What comes of it."""
        self.protocol.dataReceived(data)
        lines = self.transport.value().splitlines()
        self.transport.clear()
        return list(map(decode, lines))

    def test_status(self) -> None:
        """The status is that of all, each time it is asked for, however it is cut."""
        line = encode({"command": "status"})
        self.assertEqual([], self.answers(line[:5]))
        [first, second] = self.answers(line[5:] + line)
        self.assertEqual(first, second)
        self.assertEqual((ONE, OTHER), statuses(first))

    def test_stop(self) -> None:
        """Those that are named are told to stop; who stops is there until it is gone."""
        [answer] = self.answers(encode({"command": "stop", "names": ["one"]}))
        self.assertEqual(["one"], self.simulators.stopping)
        self.assertEqual((ONE, OTHER), statuses(answer))

    def test_wrong(self) -> None:
        """What is no command is answered with what is expected; the connection goes on."""
        for line in b"{}\n", b'{"command": "stop"}\n', b"x\n", b"\xff\n", b"\n":
            [answer] = self.answers(line)
            self.assertEqual({"error"}, answer.keys())
        self.assertEqual(1, len(self.answers(encode({"command": "status"}))))

    def test_long(self) -> None:
        """Whoever sends without an end is not listened to."""
        self.answers(b"x" * (1 << 17))
        self.assertTrue(self.transport.disconnecting)


class SocketTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactor()
        self.control = Control(self.reactor, Simulators())
        self.directory = Path(self.mktemp())

    def test_open(self) -> None:
        """The socket has our number, and is for our user alone."""
        self.control.open(self.directory)
        [(path, factory, _, mode, _)] = self.reactor.unixServers
        self.assertEqual(str(self.directory / f"simulator-{os.getpid()}.sock"), path)
        self.assertEqual(0o600, mode)
        self.assertIsInstance(factory, ControlFactory)
        self.assertEqual(Path(path), self.control.path)

    def test_left(self) -> None:
        """One that a dead process of our number has left is in nobody's way."""
        self.directory.mkdir(mode=0o700)
        left = self.directory / f"simulator-{os.getpid()}.sock"
        left.touch()
        self.control.open(self.directory)
        self.assertFalse(left.exists())

    def test_refused(self) -> None:
        """Nothing is opened in a directory that is not ours alone."""
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.assertRaises(HostError, self.control.open, self.directory)
        self.assertEqual([], self.reactor.unixServers)

    def test_close(self) -> None:
        """It is closed once, if it was open; that its file is gone is no error."""
        self.successResultOf(self.control.close())
        closing: list[Deferred[None]] = [fail(FileNotFoundError())]
        self.control.open(self.directory)
        self.control._port.stopListening = closing.pop
        self.successResultOf(self.control.close())
        self.successResultOf(self.control.close())
        self.assertEqual([], closing)

    def test_mistake(self) -> None:
        """Any other failure is."""
        self.control.open(self.directory)
        self.control._port.stopListening = lambda: fail(CannotListenError("", 1, OSError()))
        self.failureResultOf(self.control.close(), CannotListenError)
