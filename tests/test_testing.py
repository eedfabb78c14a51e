"""Tests for L{netsim.testing}: scripts that are served to the tests of others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.reporter import TestResult
from twisted.trial.unittest import SynchronousTestCase, TestCase

from netsim.errors import ScriptError
from netsim.simulator import Delimiter, MessageSystem, command
from netsim.testing import (
    SETTLE,
    ServedScript,
    ServeScripts,
    SimulatedClient,
    SimulatedDevice,
    serve,
)
from tests.replay.wire import Client, Reactor
from tests.script.files import ScriptFilesTestCase, action, compound, exchange, named

ROOT = Path(__file__).parent.parent
HELLO = exchange("hello\n", "world\n")
MODULE = """
def validate_action(action, args):
    pass
def execute_action(action, args, inp, outp):
    outp.write(b"waving\\n")
"""


class ServeTests(ScriptFilesTestCase):
    """What becomes of a served script, in memory."""

    def serve(self, *scripts: Any, others: Any = (), **options: Any) -> ServedScript:
        """Serve a file whose recording is these scripts."""
        self.write(self.main.name, {"recorded_script": compound(*scripts), **dict(others)})
        self.reactor = Reactor()
        serving = serve(self.main, reactor=self.reactor, **options)
        return self.successResultOf(Deferred.fromCoroutine(serving))

    def connect(self) -> Client:
        """A client of what is served."""
        [(_, factory, *_)] = self.reactor.tcpServers
        return Client(self.reactor, factory)

    def finish(self, server: ServedScript) -> Deferred[None]:
        """The test is over."""
        return Deferred.fromCoroutine(server.finish())

    def check_failed(self, server: ServedScript) -> str:
        """The test fails; why."""
        return str(self.failureResultOf(self.finish(server), AssertionError).value)

    def test_played(self) -> None:
        """A client that says what the script says is answered, and the test passes."""
        server = self.serve(HELLO)
        client = self.connect()
        client.say(b"hello\n")
        self.assertEqual(b"world\n", client.received)
        client.leave()
        self.successResultOf(self.finish(server))
        [verdict] = server.verdicts
        self.assertEqual((1, ""), (verdict.exchanges, verdict.problem))

    def test_differs(self) -> None:
        """A client that says something else fails the test, with what it should have said."""
        server = self.serve(HELLO)
        self.connect().say(b"help\n")
        told = self.check_failed(server)
        for words in ("127.0.0.1:50001: exchange 1", "byte 3", r"hello\n", r"help\n"):
            self.assertIn(words, told)

    def test_crowd(self) -> None:
        """All that fail are told, and none of the others."""
        server = self.serve(HELLO)
        for words in b"help\n", b"hello\n", b"halt\n":
            self.connect().say(words)
        self.reactor.pass_time(SETTLE)
        told = self.check_failed(server)
        clients = [f"127.0.0.1:{port}" in told for port in (50001, 50002, 50003)]
        self.assertEqual([True, False, True], clients)

    def test_leaves(self) -> None:
        """A client that leaves early fails the test."""
        server = self.serve(HELLO)
        self.connect().leave()
        self.assertIn("the client left", self.check_failed(server))

    def test_nobody(self) -> None:
        """A test whose client never comes fails."""
        self.assertEqual("no client has connected", self.check_failed(self.serve(HELLO)))

    def test_allowIncomplete(self) -> None:
        """A client may leave early, or never come, if the test says so; it must not differ."""
        self.successResultOf(self.finish(self.serve(HELLO, allow_incomplete=True)))
        server = self.serve(HELLO, allow_incomplete=True)
        self.connect().leave()
        self.successResultOf(self.finish(server))
        server = self.serve(HELLO, allow_incomplete=True)
        self.connect().leave()
        self.connect().say(b"help\n")
        told = self.check_failed(server)
        self.assertIn("byte 3", told)
        self.assertNotIn("the client left", told)

    def test_settles(self) -> None:
        """What a client has sent when the test ends is still heard."""
        server = self.serve(HELLO)
        client = self.connect()
        finishing = self.finish(server)
        self.assertNoResult(finishing)
        client.say(b"hello\n")
        client.leave()
        self.successResultOf(finishing)

    def test_stays(self) -> None:
        """A client that stays connected in the middle of the script has left too early."""
        server = self.serve(HELLO)
        client = self.connect()
        finishing = self.finish(server)
        self.reactor.pass_time(SETTLE)
        told = str(self.failureResultOf(finishing, AssertionError).value)
        self.assertIn("127.0.0.1:50001: exchange 1", told)
        self.assertTrue(client.closed)

    def test_timing(self) -> None:
        """Answers come with the recorded gaps, times C{timing}."""
        self.serve({**HELLO, "gap": 4.0}, timing=0.5)
        client = self.connect()
        client.say(b"hello\n")
        self.reactor.pass_time(1.9)
        self.assertEqual(b"", client.received)
        self.reactor.pass_time(0.1)
        self.assertEqual(b"world\n", client.received)

    def test_untimed(self) -> None:
        """Without it they come at once."""
        self.serve({**HELLO, "gap": 4.0})
        client = self.connect()
        client.say(b"hello\n")
        self.assertEqual(b"world\n", client.received)

    def test_chosen(self) -> None:
        """Another script of the file is served if the test says so."""
        self.serve(others={"other": exchange("other", "one")}, chosen="other")
        client = self.connect()
        client.say(b"other")
        self.assertEqual(b"one", client.received)

    def test_modules(self) -> None:
        """Actions are found in the directories that the test gives."""
        (self.directory / "greeting.py").write_text(MODULE)
        scripts = [action("import", "greeting"), action("greeting.wave")]
        server = self.serve(*scripts, modules=[self.directory])
        client = self.connect()
        self.reactor.until(lambda: client.received and client.told_end)
        self.assertEqual(b"waving\n", client.received)
        client.leave()
        self.successResultOf(self.finish(server))

    def test_refused(self) -> None:
        """A script with mistakes is not served; all of them are told."""
        scripts = {"recorded_script": compound(named("nobody"), action("dance.wave"))}
        self.write(self.main.name, scripts)
        reactor = Reactor()
        serving = Deferred.fromCoroutine(serve(self.main, reactor=reactor))
        told = str(self.failureResultOf(serving, ScriptError).value).splitlines()
        self.assertIn("there is no script 'nobody'", told[0])
        self.assertIn("no script imports 'dance'", told[1])
        self.assertEqual([], reactor.tcpServers)


class Ask(Protocol):
    """
    Says something.

    @ivar answered: fires with the whole answer, at the end of the connection.
    """

    def __init__(self, words: bytes) -> None:
        self.answered: Deferred[bytes] = Deferred()
        self._words = words
        self._answer = b""

    def connectionMade(self) -> None:
        self.transport.write(self._words)

    def dataReceived(self, data: bytes) -> None:
        self._answer += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.answered.callback(self._answer)


class Users(ServeScripts, TestCase):
    """The tests of a user, of which one is given."""

    def __init__(self, test: Callable[[Users], Awaitable[None]]) -> None:
        super().__init__("given")
        self._test = test

    def given(self) -> Awaitable[None]:
        return self._test(self)

    async def ask(self, server: ServedScript, words: bytes) -> bytes:
        """What the served script answers to this."""
        from twisted.internet import reactor

        endpoint = HostnameEndpoint(reactor, server.host, server.port)
        return await (await connectProtocol(endpoint, Ask(words))).answered


class ServeScriptsTests(ScriptFilesTestCase):
    """The mixin, with trial's own reactor on the loopback interface."""

    def setUp(self) -> None:
        super().setUp()
        self.write(self.main.name, {"recorded_script": HELLO})

    def errors(self, test: Callable[[Users], Awaitable[None]]) -> list[str]:
        """What is wrong with a test of a user."""
        result = TestResult()
        Users(test).run(result)
        self.assertEqual(1, result.testsRun)
        return [str(failure.value) for _, failure in result.errors + result.failures]

    def test_passes(self) -> None:
        """A test passes if its clients do; each script has a port of its own."""

        async def test(users: Users) -> None:
            one, other = await users.serve(self.main), await users.serve(str(self.main))
            self.assertNotEqual(one.port, other.port)
            self.assertEqual("127.0.0.1", one.host)
            for server in one, other:
                self.assertEqual(b"world\n", await users.ask(server, b"hello\n"))

        self.assertEqual([], self.errors(test))

    def test_fails(self) -> None:
        """A test fails for each script that a client did not follow, and leaves no port open."""

        async def test(users: Users) -> None:
            self.assertEqual(b"", await users.ask(await users.serve(self.main), b"help\n"))
            await users.serve(self.main, allow_incomplete=True)
            await users.serve(self.main)

        nobody, differs = sorted(self.errors(test), key=len)
        self.assertEqual("no client has connected", nobody)
        self.assertIn("byte 3", differs)

    def test_refused(self) -> None:
        """A script that cannot be served is an error of the test."""
        self.main.unlink()

        async def test(users: Users) -> None:
            await users.serve(self.main)

        missing = f"{self.main}: cannot be read: No such file or directory"
        self.assertEqual([missing], self.errors(test))


class Device(MessageSystem):
    """A device of a user."""

    framing = Delimiter()

    @command("VOLT {volts}")
    def set_voltage(self, volts: float) -> str:
        return f"{volts * 2}\n"


class SimulatedDeviceTests(SynchronousTestCase):
    """A system of a user in memory; see L{tests.simulator.test_inmemory} for the rest."""

    def test_example(self) -> None:
        """It is spoken to without a network."""
        device = SimulatedDevice(Device())
        client = device.connect()
        self.assertIsInstance(client, SimulatedClient)
        self.assertEqual(b"5.0\n", client.say(b"VOLT 2.5\n"))
        self.assertEqual([b"4.0\n"], device.datagram(b"VOLT 2"))

    def test_mistake(self) -> None:
        """What goes wrong in it fails the test."""

        class Broken(Device):
            def message(self, message: bytes, peer: object) -> bytes:
                raise OSError("bad")

        class Users(SynchronousTestCase):
            def given(self) -> None:
                SimulatedDevice(Broken()).connect().say(b"x\n")

        result = TestResult()
        Users("given").run(result)
        [(_, failure)] = result.errors
        self.assertEqual("bad", str(failure.value))


BLOCKING = """
import socket, sys
from netsim.errors import ScriptError
from netsim.testing import serving
def ask(words):
    with serving(sys.argv[1]) as server, socket.create_connection((server.host, server.port)) as s:
        s.sendall(words)
        return s.makefile("rb").read()
def failure(error, *words):
    try:
        ask(*words)
    except error as e:
        return str(e)
    raise AssertionError("nothing was raised")
assert ask(b"hello\\n") == b"world\\n"
assert "byte 3" in failure(AssertionError, b"help\\n")
assert ask(b"hello\\n") == b"world\\n"
sys.argv[1] += "x"
assert "cannot be read" in failure(ScriptError, b"hello\\n")
print("done")
"""


class ServingTests(ScriptFilesTestCase):
    """To code that blocks; in a fresh interpreter, as it starts a thread that stays."""

    def test_serving(self) -> None:
        """Scripts are served one after the other; each is judged when its block is left."""
        self.write(self.main.name, {"recorded_script": HELLO})
        ended = subprocess.run(
            [sys.executable, "-c", BLOCKING, self.main.absolute()],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
        self.assertEqual((0, "done\n", ""), (ended.returncode, ended.stdout, ended.stderr))
