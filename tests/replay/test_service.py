"""Tests for L{netsim.replay.service}."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.testing import FakeDatagramTransport
from twisted.python.failure import Failure
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.replay import service, watching
from netsim.replay.command import Command, remove_database
from netsim.replay.service import NAME, SETTLE, Options, ReplayService, makeService
from netsim.script.dump import RECORDED
from tests.replay.wire import Client, Reactor

HELLO = {"type": "script", "command": "hello\n", "response": "world\n"}
OPTIONAL = ("script", "timing", "command")
PING = {"type": "script", "command": "ping", "responses": ["pong"], "transport": "udp"}
SLEEP = {"type": "command", "action": "sleep", "args": [60]}
MINE = {"type": "command", "action": "import", "args": ["mine"]}


class ServiceTestCase(SynchronousTestCase):
    """Has a script file."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = self.directory / "session.json"
        self.write(HELLO)

    def write(self, *scripts: dict[str, Any], kind: str = "compound") -> None:
        document = {RECORDED: {"type": kind, "scripts": scripts}}
        self.path.write_text(json.dumps(document))

    def options(self, *words: str) -> Options:
        """What these words of a command line mean."""
        options = Options()
        options.parseOptions(["-i", str(self.path), *words])
        return options


class OptionsTests(ServiceTestCase):
    """What a user can say."""

    def refused(self, *words: str) -> str:
        """Why these words are wrong."""
        with self.assertRaises(UsageError) as caught:
            self.options(*words)
        return str(caught.exception)

    def test_defaults(self) -> None:
        """A file is enough."""
        options = self.options()
        self.assertEqual(self.path, options["input"])
        self.assertEqual(("localhost", 0), (options["listen"].host, options["listen"].port))
        self.assertEqual((RECORDED, 0.0, ()), tuple(map(options.get, OPTIONAL)))
        self.assertFalse(options["allow-incomplete"])

    def test_missingInput(self) -> None:
        """Without one there is nothing to do."""
        with self.assertRaisesRegex(UsageError, "--input: the script file is missing"):
            Options().parseOptions([])

    def test_short(self) -> None:
        """The letters are those of existing tools."""
        path = str(self.directory)
        options = self.options("-l", "127.0.0.1:80", "-t", "other", "-p", f"{path},{path}")
        self.assertEqual(80, options["listen"].port)
        self.assertEqual("other", options["script"])
        self.assertEqual([self.directory] * 2, options["path"])

    def test_timing(self) -> None:
        """Gaps are left out, kept, or multiplied."""
        for text, factor in (("none", 0.0), ("recorded", 1.0), ("0.25", 0.25), ("3", 3.0)):
            self.assertEqual(factor, self.options("--timing", text)["timing"])
        for text in ("fast", "-1", "inf", "nan", ""):
            self.assertEqual(
                f"--timing: {text!r} cannot be used:"
                " expected none, recorded or a factor such as 0.5",
                self.refused("--timing", text),
            )

    def test_directories(self) -> None:
        """Directories must be there, and all that are not are told."""
        for name in ("path", "external-root"):
            self.assertEqual(
                f"--{name}: 'a,.,b' cannot be used: there is no directory a, b",
                self.refused(f"--{name}", "a,.,b"),
            )
            self.assertEqual([Path(".")], self.options(f"--{name}", ".,")[name])

    def test_database(self) -> None:
        """So must the channel database."""
        self.assertEqual("--db-dir: no directory gone", self.refused("--db-dir", "gone"))
        self.assertEqual(Path("."), self.options("--db-dir", ".")["db-dir"])

    def test_size(self) -> None:
        """Sizes have units."""
        self.assertEqual(1 << 20, self.options("--max-blob", "1MiB")["max-blob"])
        self.assertIn("--max-blob: 'big'", self.refused("--max-blob", "big"))

    def test_command(self) -> None:
        """What follows the first word is the command's, options too."""
        for words, command in (
            (["cat", "-i", "x", "--", "-t"], ("cat", "-i", "x", "--", "-t")),
            (["-t", "x", "cat", "-t", "y"], ("cat", "-t", "y")),
            (["--", "cat", "-v"], ("cat", "-v")),
            (["--", "-v"], ("-v",)),
        ):
            self.assertEqual(command, self.options(*words)["command"])

    def test_help(self) -> None:
        """There is an example."""
        self.assertIn("Example:\n    -i session-1.json", str(Options()))


class World(Reactor):
    """
    A reactor without ports and processes.

    @ivar datagrams: the protocol that listens for datagrams.
    @ivar command: the protocol of the last command.
    @ivar env: the environment of that.
    """

    datagrams: Any = None
    command: Command | None = None

    def listenUDP(self, port: int, protocol: Any, interface: str = "") -> Any:
        self.datagrams = protocol
        protocol.makeConnection(FakeDatagramTransport())
        return self.listenTCP(port, None, interface=interface)

    def spawnProcess(self, protocol: Any, program: str, words: Any, env: Any, childFDs: Any) -> Any:
        self.command, self.env = protocol, env
        return self

    def signalProcess(self, name: str) -> None:
        self.end(ProcessTerminated(None, 15))

    def end(self, reason: Exception) -> None:
        """The command ends."""
        self.command.processEnded(Failure(reason))


class RunningTestCase(ServiceTestCase):
    """
    Runs services in a world of their own.

    @ivar statuses: the exit statuses that were set.
    @ivar announced: the addresses of each ready line.
    """

    def setUp(self) -> None:
        super().setUp()
        self.statuses: list[int] = []
        self.announced: list[list[IPv4Address]] = []
        self.patch(process, "set_exit_status", self.statuses.append)
        self.patch(
            process, "announce", lambda name, addresses, ranges: self.announced.append(addresses)
        )
        self.patch(sys, "path", list(sys.path))
        self.world = World()

    def serve(self, *words: str) -> ReplayService:
        """Start a service, until it listens or has failed."""
        self.service = ReplayService(self.options(*words), self.world)
        self.service.startService()
        self.world.run()
        self.world.until(lambda: self.announced or self.statuses)
        self.addCleanup(self.stop)
        return self.service

    def run_command(self, *words: str) -> None:
        """Start a service with a command, until that runs."""
        self.serve(*words, "sh", "-c", "exit")
        self.world.until(lambda: self.world.command)

    def stop(self) -> None:
        """Stop the service, and wait until everything is done."""
        stopped = self.service.stopService()
        self.world.pass_time(0)
        self.successResultOf(stopped)

    def begin_anew(self) -> None:
        """Stop the service, and forget everything."""
        self.stop()
        self.world = World()
        self.announced.clear()
        self.statuses.clear()

    def connect(self, *said: bytes) -> Client:
        """A client that has said this."""
        client = Client(self.world, self.world.tcpServers[-1][1])
        client.say(*said)
        return client

    def exit_status(self, reason: Exception) -> int:
        """How the process ends after its command has ended like this."""
        self.world.end(reason)
        self.world.pass_time(SETTLE)
        self.assertTrue(self.world.hasStopped)
        [status] = self.statuses
        return status


class ServingTests(RunningTestCase):
    """Without a command, clients are served until the service is stopped."""

    def test_serves(self) -> None:
        """It listens where it was told, and every client hears the script."""
        self.serve("-l", "127.0.0.1:7000")
        [(port, _, _, interface)] = self.world.tcpServers
        self.assertEqual((7000, "127.0.0.1"), (port, interface))
        [[address]] = self.announced
        self.assertEqual(7000, address.port)
        client = self.connect(b"hello\n")
        self.assertEqual(b"world\n", client.received)
        client.leave()
        self.stop()
        self.assertEqual([], self.statuses)

    def test_failed(self) -> None:
        """If a session has failed, so has the process in the end."""
        self.serve()
        self.connect(b"hullo\n")
        self.assertEqual([], self.statuses)
        self.stop()
        self.assertEqual([1], self.statuses)

    def test_stop(self) -> None:
        """Connections are closed, and nothing is left to do."""
        self.write(SLEEP, HELLO)
        self.serve()
        client = self.connect()
        self.stop()
        self.assertTrue(client.closed)
        self.assertEqual([], self.world.getDelayedCalls())

    def test_stopEarly(self) -> None:
        """It can be stopped before it listens."""
        self.service = ReplayService(self.options(), self.world)
        self.service.startService()
        self.stop()
        self.assertEqual([], self.world.tcpServers)

    def test_problems(self) -> None:
        """What is wrong with the script is told before anybody is served."""
        for words in (["-t", "gone"], ["-i", "gone.json"]):
            self.serve(*words)
            self.assertEqual(([1], []), (self.statuses, self.world.tcpServers))
            self.begin_anew()

    def test_modules(self) -> None:
        """Modules on the path are found, and import what is beside them."""
        self.directory.joinpath("beside_mine.py").write_text("answer = b'mine'\n")
        self.directory.joinpath("mine.py").write_text(
            "from beside_mine import answer\n"
            "def validate_action(action, args): pass\n"
            "def execute_action(action, args, inp, outp): outp.write(answer)\n"
        )
        self.addCleanup(sys.modules.pop, "beside_mine", None)
        self.write(MINE, {"type": "command", "action": "mine.say", "args": []})
        self.serve("-p", str(self.directory))
        client = self.connect()
        self.world.until(lambda: client.told_end)
        self.assertEqual(b"mine", client.received)

    def test_datagrams(self) -> None:
        """A recording of datagrams is played on a port for them."""
        self.write(PING)
        self.serve("-l", "127.0.0.1:7000")
        self.world.datagrams.datagramReceived(b"ping", ("127.0.0.1", 5))
        self.assertEqual([(b"pong", ("127.0.0.1", 5))], self.world.datagrams.transport.written)
        self.stop()
        self.assertEqual([], self.statuses)

    def test_datagramsElsewhere(self) -> None:
        """That needs host and port."""
        self.write(PING)
        self.serve("-l", "unix:somewhere")
        self.assertEqual(([1], []), (self.statuses, self.announced))

    def test_make(self) -> None:
        """A plugin makes the service from its options."""
        self.assertEqual(NAME, makeService(self.options()).name)


class CommandTests(RunningTestCase):
    """With a command, the process ends with it."""

    def play(self, said: bytes | None) -> None:
        """A client comes, says this and leaves; or none comes."""
        if said is not None:
            self.connect(said).leave()

    def test_judged(self) -> None:
        """The command's own failure wins; then every session must have passed."""
        passes, fails, early = b"hello\n", b"hullo\n", b"hel"
        allowed = "--allow-incomplete"
        done, failed, killed = ProcessDone(0), ProcessTerminated(3), ProcessTerminated(None, 9)
        for said, reason, words, status in (
            (passes, done, [], 0),
            (fails, done, [], 1),
            (early, done, [], 1),
            (None, done, [], 1),
            (passes, failed, [], 3),
            (fails, failed, [], 3),
            (None, failed, [], 3),
            (passes, killed, [], 137),
            (early, done, [allowed], 0),
            (None, done, [allowed], 0),
            (fails, done, [allowed], 1),
            (early, failed, [allowed], 3),
        ):
            self.run_command(*words)
            self.play(said)
            self.assertEqual(status, self.exit_status(reason), (said, reason, words))
            self.begin_anew()

    def test_environment(self) -> None:
        """The command knows where to connect, and has a database that goes with the service."""
        self.patch(os, "environ", {**os.environ, "OWN": "1"})
        self.run_command("-l", "127.0.0.1:7000")
        env = self.world.env
        self.assertEqual(
            ("127.0.0.1", "7000", "1"), (env["NDS_TEST_HOST"], env["NDS_TEST_PORT"], env["OWN"])
        )
        database = Path(env["NDS2_CHANNEL_DB_DIR"])
        self.assertEqual([], list(database.iterdir()))
        database.joinpath("left").write_text("x")
        self.world.end(ProcessDone(0))
        self.stop()
        self.assertFalse(database.exists())

    def test_database(self) -> None:
        """The database can be a copy of one."""
        template = self.directory / "db"
        template.mkdir()
        template.joinpath("channels").write_text("x")
        self.run_command("--db-dir", str(template))
        database = Path(self.world.env["NDS2_CHANNEL_DB_DIR"])
        self.assertEqual("x", database.joinpath("channels").read_text())

    def test_databaseFails(self) -> None:
        """Where it cannot be copied, the process fails."""
        template = self.directory / "db"
        template.mkdir()
        template.joinpath("broken").symlink_to("nowhere")
        self.serve("--db-dir", str(template), "sh")
        self.world.until(lambda: self.statuses)
        self.assertEqual(([1], None), (self.statuses, self.world.command))
        self.assertTrue(self.world.hasStopped)

    def test_mistake(self) -> None:
        """So it does for any mistake of ours, which the log explains."""

        def mistaken(*args: object) -> None:
            raise ZeroDivisionError

        self.patch(service, "environment", mistaken)
        self.serve("sh")
        self.world.until(lambda: self.statuses)
        self.assertEqual([1], self.statuses)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_notStarted(self) -> None:
        """A command that cannot be started gives the statuses of shells."""
        text = self.directory / "text"
        text.write_text("x")
        for program, status in (("no-such-program", 127), (str(text), 126)):
            self.serve(program)
            self.world.until(lambda: self.statuses)
            self.assertEqual([status], self.statuses)
            self.begin_anew()

    def test_settles(self) -> None:
        """Connections that are still open when the command ends have a while to close."""
        self.run_command()
        client = self.connect(b"hello")
        self.world.end(ProcessDone(0))
        self.assertEqual([], self.statuses)
        client.say(b"\n")
        client.leave()
        self.assertEqual([0], self.statuses)

    def test_abandoned(self) -> None:
        """Those that do not have failed."""
        self.run_command()
        client = self.connect(b"hel")
        self.assertEqual(1, self.exit_status(ProcessDone(0)))
        self.world.pass_time(0)
        self.assertTrue(client.closed)

    def test_datagrams(self) -> None:
        """What datagrams did not come is known when the command ends."""
        self.write(PING, PING)
        self.run_command()
        self.world.datagrams.datagramReceived(b"ping", ("127.0.0.1", 5))
        self.assertEqual(1, self.exit_status(ProcessDone(0)))

    def test_stopped(self) -> None:
        """When the service is stopped, so is the command, and no status is set."""
        self.run_command()
        self.connect(b"hello\n").leave()
        self.stop()
        self.assertEqual([], self.statuses)
        self.assertIsNone(self.world.command._process)

    def test_stoppedBefore(self) -> None:
        """Stopped while the database is made, the command is not started."""
        removed: list[Path] = []
        self.patch(service, "remove_database", removed.append)
        self.serve("sh")
        self.stop()
        self.world.until(lambda: removed)
        remove_database(removed[0])
        self.assertIsNone(self.world.command)


class DaemonTests(RunningTestCase):
    """Where a status daemon is to know."""

    def test_told(self) -> None:
        """The service has a child that tells it, from when clients are accepted."""
        report, told = Service(), []
        self.patch(watching, "report_of", lambda *args: told.append(args) or report)
        running = self.serve("--daemon", "localhost:7")
        self.assertEqual((True, running), (bool(report.running), report.parent))
        watched = told[0][4]
        self.connect(b"hello\n")
        self.assertEqual(1, watched.status()["sessions playing"])
        self.stop()
        self.assertFalse(report.running)

    def test_another_script(self) -> None:
        """Any of the file can be played; those that are not there are told."""
        other = {"type": "script", "command": "hi\n", "response": "you\n"}
        scripts = {"type": "compound", "scripts": [HELLO]}
        self.path.write_text(json.dumps({RECORDED: scripts, "other": other}))
        running = self.serve()
        for script, heard in (("other", b"you\n"), (RECORDED, b"")):
            running._replay.play(self.loaded(running, script))
            self.assertEqual(heard, self.connect(b"hi\n").received)
        error = self.loaded(running, "none")
        self.assertIn(f"there is no script 'none'; found: {RECORDED}, other", str(error.value))

    def test_nobody(self) -> None:
        """By itself nobody is told anything."""
        self.assertEqual([], list(self.serve()))

    def loaded(self, running: ReplayService, script: str) -> Any:
        """What became of loading a script."""
        outcomes: list[Any] = []
        Deferred.fromCoroutine(running._load(script)).addBoth(outcomes.append)
        self.world.until(lambda: outcomes)
        return outcomes[0]
