"""Tests for L{netsim.replay.command}."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from netsim.replay.command import (
    KILL_AFTER,
    Command,
    environment,
    make_database,
    remove_database,
    start_status,
)

ENDS = (
    (ProcessDone(0), 0),
    (ProcessTerminated(3), 3),
    (ProcessTerminated(None, 9), 137),
    (ProcessTerminated(None, 15), 143),
)
"""Ways in which a process ends, and the exit status each of them gives."""


class EnvironmentTests(SynchronousTestCase):
    """A command finds out from its environment where to connect."""

    def told(self, address: IAddress) -> tuple[str, str]:
        """The host and the port that a command is given."""
        found = environment(address, Path("/db"), {})
        return found["NDS_TEST_HOST"], found["NDS_TEST_PORT"]

    def test_internet(self) -> None:
        """It is given host and port; for all interfaces, the one that leads here."""
        for host, expected in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")):
            self.assertEqual((expected, "80"), self.told(IPv4Address("TCP", host, 80)))
            self.assertEqual((expected, "80"), self.told(IPv4Address("UDP", host, 80)))
        self.assertEqual(("::1", "80"), self.told(IPv6Address("TCP", "::", 80)))
        self.assertEqual(("fe80::1", "80"), self.told(IPv6Address("TCP", "fe80::1", 80)))

    def test_unix(self) -> None:
        """The host of a Unix socket is its path."""
        self.assertEqual(("/run/a b", "0"), self.told(UNIXAddress(b"/run/a b")))
        self.assertEqual(("", "0"), self.told(UNIXAddress(None)))

    def test_others(self) -> None:
        """All else is as it was, and old values of these variables do not last."""
        base = {"PATH": "/bin", "NDS_TEST_PORT": "1"}
        found = environment(IPv4Address("TCP", "127.0.0.1", 80), Path("/db"), base)
        self.assertEqual(
            {
                "PATH": "/bin",
                "NDS_TEST_HOST": "127.0.0.1",
                "NDS_TEST_PORT": "80",
                "NDS2_CHANNEL_DB_DIR": "/db",
            },
            found,
        )
        self.assertEqual("1", base["NDS_TEST_PORT"])


class DatabaseTests(SynchronousTestCase):
    """A command has a directory to itself."""

    def test_empty(self) -> None:
        """It is new and empty, and taken away with all that is in it."""
        one, other = make_database(None), make_database(None)
        self.assertNotEqual(one, other)
        self.assertEqual([], list(one.iterdir()))
        one.joinpath("deep").mkdir()
        one.joinpath("deep", "file").write_text("left")
        for directory in (one, other):
            remove_database(directory)
            self.assertFalse(directory.exists())
            remove_database(directory)

    def test_copied(self) -> None:
        """It can be a copy, which leaves what it was made from alone."""
        template = Path(self.mktemp())
        template.joinpath("deep").mkdir(parents=True)
        template.joinpath("deep", "file").write_text("kept")
        directory = make_database(template)
        self.addCleanup(remove_database, directory)
        directory.joinpath("deep", "file").write_text("changed")
        self.assertEqual("kept", template.joinpath("deep", "file").read_text())

    def test_failed(self) -> None:
        """Nothing is left of one that could not be copied."""
        home = Path(self.mktemp())
        home.mkdir()
        self.patch(tempfile, "tempdir", str(home))
        broken = Path(self.mktemp())
        broken.mkdir()
        broken.joinpath("link").symlink_to("nowhere")
        self.assertRaises(OSError, make_database, broken)
        self.assertEqual([], list(home.iterdir()))


class Processes(Clock):
    """
    A reactor whose processes are none.

    @ivar started: program, words, environment and descriptors of the last of them.
    @ivar signals: those that were sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signals: list[str] = []
        self.gone = False

    def spawnProcess(self, protocol: Any, program: str, words: Any, env: Any, childFDs: Any) -> Any:
        self.started = program, words, env, childFDs
        return self

    def signalProcess(self, name: str) -> None:
        if self.gone:
            raise ProcessExitedAlready
        self.signals.append(name)


class CommandTests(SynchronousTestCase):
    """A command is started, and its end is told."""

    def setUp(self) -> None:
        self.reactor = Processes()
        self.command = Command()

    def start(self, *words: str) -> None:
        self.command.start(self.reactor, words, {"A": "1"})

    def test_started(self) -> None:
        """It is looked for as a shell does, and has this process's own streams."""
        self.start("sh", "-c", "exit")
        program, *rest = self.reactor.started
        self.assertTrue(program.endswith("/sh"))
        self.assertEqual([("sh", "-c", "exit"), {"A": "1"}, {0: 0, 1: 1, 2: 2}], rest)

    def test_ended(self) -> None:
        """Its exit status is told; 128 and the signal's number, where that ended it."""
        for reason, status in ENDS:
            self.command = Command()
            self.start("sh")
            self.assertNoResult(self.command.ended)
            self.command.processEnded(Failure(reason))
            self.assertEqual(status, self.successResultOf(self.command.ended))

    def test_stop(self) -> None:
        """It is asked to end, and killed when it does not."""
        self.start("sh")
        stopped = self.command.stop()
        self.assertEqual(["TERM"], self.reactor.signals)
        self.reactor.advance(KILL_AFTER)
        self.assertEqual(["TERM", "KILL"], self.reactor.signals)
        self.assertNoResult(stopped)
        self.command.processEnded(Failure(ProcessTerminated(None, 9)))
        self.successResultOf(stopped)

    def test_stopInTime(self) -> None:
        """One that ends when it is asked is not killed."""
        self.start("sh")
        stopped = self.command.stop()
        self.command.processEnded(Failure(ProcessDone(0)))
        self.successResultOf(stopped)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_stopEnding(self) -> None:
        """One that has ended just now needs no signal."""
        self.start("sh")
        self.reactor.gone = True
        self.assertNoResult(self.command.stop())

    def test_stopEnded(self) -> None:
        """There is nothing to stop before it was started, and after it has ended."""
        self.successResultOf(self.command.stop())
        self.start("sh")
        self.command.processEnded(Failure(ProcessDone(0)))
        self.successResultOf(self.command.stop())
        self.assertEqual([], self.reactor.signals)

    def refused(self, program: str) -> int:
        """The exit status for a program that cannot be started."""
        with self.assertRaises(OSError) as caught:
            self.start(program)
        self.successResultOf(self.command.stop())
        return start_status(caught.exception)

    def test_missing(self) -> None:
        """A program that is not there gives 127, as in a shell."""
        self.assertEqual(127, self.refused("no-such-program"))
        self.assertEqual(127, self.refused("./no-such-program"))

    def test_notExecutable(self) -> None:
        """One that is no program gives 126."""
        path = Path(self.mktemp())
        path.write_text("exit 0")
        self.assertEqual(126, self.refused(str(path)))
        self.assertEqual(126, self.refused("/"))


class ProcessTests(TestCase):
    """Real processes."""

    async def status(self, script: str) -> int:
        """What a shell's end is told as."""
        from twisted.internet import reactor

        command = Command()
        command.start(reactor, ["sh", "-c", script], {"STATUS": "7"})
        return await command.ended

    async def test_status(self) -> None:
        """The environment arrives, and so does the exit status."""
        self.assertEqual(7, await self.status('exit "$STATUS"'))

    async def test_signal(self) -> None:
        """A signal is told as shells do."""
        self.assertEqual(137, await self.status("kill -9 $$"))

    async def test_stop(self) -> None:
        """A command that is stopped ends."""
        from twisted.internet import reactor

        command = Command()
        command.start(reactor, ["sleep", "60"], {})
        await command.stop()
        self.assertEqual(143, await command.ended)
