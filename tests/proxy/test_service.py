"""Tests for L{netsim.proxy.service}."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.proxy import service, watching
from netsim.proxy.datagrams import DEFAULT_IDLE
from netsim.proxy.service import FLUSH_WITHIN, Options, ProxyService, makeService
from netsim.script.journal import UPSTREAM
from tests.proxy.case import AtOnce, Disk, FilesCase, Queue
from tests.proxy.network import Network, Wire


def options(*arguments: str) -> Options:
    """What a command line gives."""
    parsed = Options()
    parsed.parseOptions(arguments)
    return parsed


class OptionsTests(SynchronousTestCase):
    """What can be told, and what is refused."""

    def assertRefused(self, reason: str, *arguments: str) -> None:
        """This command line is refused with this sentence."""
        self.assertIn(reason, str(self.assertRaises(UsageError, options, *arguments)))

    def test_defaults(self) -> None:
        """The remote alone is needed."""
        given = options("-r", "server.example:5025")
        self.assertEqual("server.example:5025", str(given["remote"]))
        self.assertEqual("localhost:8088", str(given["listen"]))
        self.assertEqual(("proxy_script", DEFAULT_IDLE), (given["output"], given["idle"]))
        self.assertEqual((0, 0), (given["fsync"], given["no-record"]))

    def test_all(self) -> None:
        """All of it, by its short and its long names."""
        short = options("-r", "a:1", "-l", "b:2", "-o", "c")
        long = options("--remote=a:1", "--listen=b:2", "--output=c")
        for given in (short, long):
            self.assertEqual(("a:1", "b:2"), (str(given["remote"]), str(given["listen"])))
            self.assertEqual("c", given["output"])
        self.assertEqual(0.5, options("-r", "udp:a:1", "--idle", "0.5")["idle"])

    def test_noRemote(self) -> None:
        """Without a remote there is nothing to record."""
        self.assertRefused("--remote: the address of the real server is missing")

    def test_wrongAddress(self) -> None:
        """A wrong address is told with its option."""
        self.assertRefused("--remote: 'nowhere' is no address", "-r", "nowhere")
        self.assertRefused("--listen: 'a:b': 'b' is no port", "-r", "a:1", "-l", "a:b")

    def test_wrongIdle(self) -> None:
        """So is a wrong number."""
        self.assertRefused("--idle: 'long' cannot be used", "-r", "udp:a:1", "--idle", "long")

    def test_datagramsAtAnEndpoint(self) -> None:
        """Clients of a server of datagrams come to a host and port."""
        self.assertRefused(
            "--listen: with a udp server, expected host:port", "-r", "udp:a:1", "-l", "unix:/tmp/s"
        )
        self.assertEqual("b:2", str(options("-r", "udp:a:1", "-l", "b:2")["listen"]))

    def test_help(self) -> None:
        """The help ends with an example."""
        self.assertIn("Example:\n    -r ", str(Options()))


class Instant(AtOnce):
    """Stands for the process that finishes recordings."""

    def stop(self) -> None:
        """There is none."""


class Held(Queue):
    """One that works when it is told."""

    stopped = False

    def stop(self) -> None:
        self.stopped = True


class Base(FilesCase):
    """
    The service on a network in memory.

    @ivar printed: the ready line.
    @ivar statuses: the exit statuses that were set.
    @ivar failures: why it could not start.
    """

    def setUp(self) -> None:
        super().setUp()
        self.network = Network()
        self.statuses: list[int | None] = []
        self.aside: Instant | Held = Instant()
        self.failures: list[str] = []
        self.patch(service, "set_exit_status", self.statuses.append)
        self.patch(process, "fail", lambda reactor, message: self.failures.append(message))
        self.patch(service, "Aside", lambda reactor: self.aside)

    def start(self, *arguments: str) -> ProxyService:
        """Start the service, and run the reactor."""
        stdout = io.StringIO()
        self.patch(sys, "__stdout__", stdout)
        given = options("-r", "192.0.2.1:5025", "-o", str(self.basename), *arguments)
        started = ProxyService(given, self.network)
        started.startService()
        for hook, hook_arguments, _ in self.network.whenRunningHooks:
            hook(*hook_arguments)
        self.printed = stdout.getvalue()
        return started

    def connect(self) -> tuple[Wire, Wire]:
        """A client comes, and the server accepts it."""
        client = self.network.wire(self.network.stream_ports[-1].factory)
        return client, self.network.wire(self.network.tcpClients[-1][2])

    def talk(self, wire: Wire, *segments: bytes) -> None:
        """One peer says this, and all is forwarded."""
        wire.say(*segments)
        self.network.settle()


class StartTests(Base):
    """How the service begins."""

    def test_listens(self) -> None:
        """It listens where it was told, and says so."""
        self.start("-l", "127.0.0.1:9000")
        [port] = self.network.stream_ports
        self.assertEqual(("127.0.0.1", 9000), (port.address.host, port.address.port))
        self.assertEqual("netsim-proxy listening on 127.0.0.1:9000\n", self.printed)

    def test_default(self) -> None:
        """By itself it listens on this machine alone."""
        self.start()
        self.assertEqual("netsim-proxy listening on 127.0.0.1:8088\n", self.printed)

    def test_records(self) -> None:
        """Clients are connected to the remote, and recorded."""
        self.start()
        client, server = self.connect()
        self.assertEqual(("192.0.2.1", 5025), self.network.tcpClients[0][:2])
        self.talk(client, b"ask")
        self.talk(server, b"answer")
        client.vanish()
        self.network.settle()
        self.assertEqual([(b"ask", b"answer")], self.said())

    def test_forwardOnly(self) -> None:
        """With --no-record no file is touched, and none is recovered."""
        self.recordings.begin().release()
        before = self.files()
        self.start("--no-record")
        client, server = self.connect()
        self.talk(client, b"ask")
        client.vanish()
        self.network.settle()
        self.assertEqual((b"ask", before), (server.heard, self.files()))

    def test_fsync(self) -> None:
        """With --fsync every write waits for the disk."""
        synced: list[int] = []
        self.patch(os, "fdatasync", synced.append)
        self.start("--fsync")
        client, _ = self.connect()
        self.talk(client, b"ask")
        self.assertEqual(2, len(synced))

    def test_datagrams(self) -> None:
        """A udp remote is looked up, and datagrams are recorded until silence."""
        self.network.hosts["server.example"] = "192.0.2.7"
        self.start("-r", "udp:server.example:53", "-l", "localhost:5353", "--idle", "3")
        self.assertEqual("netsim-proxy listening on udp:127.0.0.1:5353\n", self.printed)
        [port] = self.network.datagram_ports
        port.protocol.datagramReceived(b"ask", ("127.0.0.1", 7001))
        self.assertEqual(("192.0.2.7", 53), self.network.datagram_ports[1].server)
        self.network.advance(3)
        self.assertEqual(b"ask", self.exchanges()[0].command)

    def test_recoversFirst(self) -> None:
        """What a killed proxy left is recovered before a port is opened."""
        self.aside = Held()
        journal = self.recordings.begin()
        assert journal is not None
        journal.append(UPSTREAM, b"ask")
        journal.release()
        self.start()
        self.assertEqual(([], ""), (self.network.stream_ports, self.printed))
        self.aside.run()
        self.assertEqual(1, len(self.network.stream_ports))
        self.assertEqual([(b"ask", b"")], self.said())

    def test_numbers(self) -> None:
        """The numbers of recordings go on after those that are there."""
        (self.directory / "session-7.json").touch()
        self.start()
        self.connect()
        self.assertEqual(["session-7.json", "session-8.journal"], self.files())

    def test_unwritable(self) -> None:
        """Where nothing can be written, it does not start."""
        self.directory.rmdir()
        self.start()
        self.assertEqual([], self.network.stream_ports)
        reason = f"cannot record into {self.directory}: No such file or directory"
        self.assertEqual([f"Cannot start: {reason}"], self.failures)

    def test_portInUse(self) -> None:
        """Nor does it where the port is taken."""

        def refuse(*arguments: object, **options: object) -> None:
            raise CannotListenError("127.0.0.1", 8088, OSError("Address already in use"))

        self.patch(self.network, "listenTCP", refuse)
        self.start()
        [line] = self.failures
        self.assertIn("Address already in use", line)

    def test_makeService(self) -> None:
        """The plugin's function makes the service with its options."""
        made = makeService(options("-r", "192.0.2.1:5025"))
        self.assertIsInstance(made, ProxyService)
        self.assertEqual("netsim-proxy", made.name)


class StopTests(Base):
    """How the service ends."""

    def stop(self, running: ProxyService) -> Deferred[Any]:
        """Stop it, and let all connections end."""
        stopping = running.stopService()
        self.network.settle()
        return stopping

    def test_idle(self) -> None:
        """Without sessions it stops at once, and its port is closed."""
        self.successResultOf(self.stop(self.start()))
        self.assertTrue(self.network.stream_ports[0].stopped)
        self.assertEqual([], self.statuses)
        self.assertEqual([], self.network.getDelayedCalls())

    def test_sessions(self) -> None:
        """Sessions that go on are ended, and their recordings finished, before it has stopped."""
        running = self.start()
        client, server = self.connect()
        self.talk(client, b"ask")
        stopping = running.stopService()
        self.assertNoResult(stopping)
        self.network.settle()
        self.successResultOf(stopping)
        self.assertTrue(client.lost and server.lost)
        self.assertEqual((True, "proxy"), self.facts())
        self.assertEqual([], self.statuses)

    def test_datagrams(self) -> None:
        """So are those of datagrams."""
        running = self.start("-r", "udp:192.0.2.1:53")
        self.network.datagram_ports[0].protocol.datagramReceived(b"ask", ("127.0.0.1", 7001))
        self.successResultOf(self.stop(running))
        self.assertTrue(all(port.stopped for port in self.network.datagram_ports))
        self.assertEqual((False, "proxy"), self.facts())

    def test_waits(self) -> None:
        """It waits for what is finished aside."""
        self.aside = Held()
        running = self.start()
        client, _ = self.connect()
        self.talk(client, b"a" * 1000)
        stopping = self.stop(running)
        self.assertNoResult(stopping)
        self.aside.run()
        self.successResultOf(stopping)
        self.assertTrue(self.aside.stopped)
        self.assertEqual([], self.logged("warn"))
        self.assertEqual([(b"a" * 1000, b"")], self.said())

    def test_tooLong(self) -> None:
        """It does not wait for long; what is not finished is told, and can be recovered."""
        self.aside = Held()
        running = self.start()
        client, _ = self.connect()
        self.talk(client, b"a" * 1000)
        stopping = self.stop(running)
        self.network.advance(FLUSH_WITHIN)
        self.successResultOf(stopping)
        self.assertTrue(self.aside.stopped)
        self.assertEqual(
            [
                "1 recordings are not finished; the next start with the same basename, or"
                " `netsim recover`, does it"
            ],
            self.logged("warn"),
        )
        self.assertEqual(["session-1.journal"], self.files())
        self.assertEqual([], self.statuses)

    def test_forwardOnly(self) -> None:
        """With --no-record there is nothing to wait for."""
        running = self.start("--no-record")
        self.connect()
        self.successResultOf(self.stop(running))

    def test_starting(self) -> None:
        """It can be stopped before it is ready, and opens no port then."""
        self.aside = Held()
        self.recordings.begin().release()
        running = self.start()
        self.successResultOf(self.stop(running))
        self.aside.run()
        self.assertEqual(([], ""), (self.network.stream_ports, self.printed))
        self.assertEqual([], self.logged("warn", "error"))

    def test_troubled(self) -> None:
        """Where something could not be recorded, the process exits with 1."""
        running = self.start()
        Disk(self, 1)
        client, server = self.connect()
        self.talk(client, b"ask")
        self.assertEqual(b"ask", server.heard)
        self.successResultOf(self.stop(running))
        self.assertEqual([1], self.statuses)
        self.assertEqual((True, "proxy"), self.facts())


class DaemonTests(Base):
    """Where a status daemon is to know."""

    def test_told(self) -> None:
        """The service has a child that tells it, from when clients are accepted."""
        report, told = Service(), []
        self.patch(watching, "report_of", lambda *args: told.append(args) or report)
        running = self.start("--daemon", "localhost:7")
        self.assertEqual((True, running), (bool(report.running), report.parent))
        watched = told[0][4]
        client, _ = self.connect()
        self.talk(client, b"ask")
        self.assertEqual(3, watched.status()["bytes up"])
        self.assertEqual(1, watched.status()["recordings unfinished"])
        stopping = running.stopService()
        self.network.settle()
        self.successResultOf(stopping)
        self.assertFalse(report.running)

    def test_nobody(self) -> None:
        """By itself nobody is told anything."""
        self.assertEqual([], list(self.start()))
