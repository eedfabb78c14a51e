"""Reverse tunnels through OpenSSH's server, which breaks, hangs, refuses and comes back."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from netsim.backoff import Backoff
from netsim.dsisocket.model import Reply, Status
from netsim.dsisocket.protocol import CommandFactory
from netsim.dsisocket.ssh.connect import connect
from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.tunnel import ReverseTunnel
from netsim.errors import AuthenticationError, ForwardError, HostKeyError
from tests.integration.processes import PATIENCE
from tests.integration.sshd import Sshd, make_key, reserve_port

COMMAND = b'{"on_localhost": {"exec": "true"}}\n'


class Echo(Protocol):
    """Gives back what it gets."""

    def connectionMade(self) -> None:
        self.factory.echoes.append(self)

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.echoes.remove(self)


class EchoFactory(Factory):
    """@ivar echoes: those that are connected."""

    noisy = False
    protocol = Echo

    def __init__(self) -> None:
        self.echoes: list[Echo] = []


class Client(Protocol):
    """
    Somebody on the far side.

    @ivar received: what has come and was not read.
    """

    def __init__(self) -> None:
        self.received = b""
        self.is_lost = False

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_lost = True

    async def ask(self, line: bytes) -> bytes:
        """Send a line and wait for one."""
        self.transport.write(line)
        return await self.line()

    async def line(self) -> bytes:
        await wait_until(lambda: b"\n" in self.received, 0.0)
        line, _, self.received = self.received.partition(b"\n")
        return line + b"\n"


async def wait_until(condition: Callable[[], Any], interval: float = 0.01) -> None:
    """Let the reactor run until it is so."""
    deadline = reactor.seconds() + PATIENCE
    while not condition():
        assert reactor.seconds() < deadline, "it has not come"
        await deferLater(reactor, interval)


class TunnelTestCase(TestCase):
    """
    Tests with tunnels, which do not wait long until they try again.

    @ivar lines: what tunnels have logged.
    """

    timeout = 60

    def setUp(self) -> None:
        self.lines: list[str] = []
        globalLogPublisher.addObserver(self._observe)
        self.addCleanup(globalLogPublisher.removeObserver, self._observe)
        self.factory = EchoFactory()

    def _observe(self, event: Any) -> None:
        if event.get("log_namespace", "").startswith("netsim.dsisocket.tunnel"):
            self.lines.append(formatEvent(event))

    def tunnel(
        self,
        sshd: Sshd,
        host: str = "127.0.0.1",
        port: int = 0,
        factory: Any = None,
        **changes: Any,
    ) -> ReverseTunnel:
        """Start one; it is stopped when the test ends."""
        target = sshd.target(**changes)
        tunnel = ReverseTunnel(
            *(reactor, lambda: connect(reactor, target), "me@there", host, port),
            factory or self.factory,
            backoff=Backoff(lambda: 0.0, first=0.05, limit=0.2),
        )
        tunnel.startService()
        self.addCleanup(tunnel.stopService)
        return tunnel

    async def client(self, port: int, host: str = "127.0.0.1") -> Client:
        """Connect to a port of the far side."""
        kind = TCP6ClientEndpoint if ":" in host else TCP4ClientEndpoint
        client: Client = await connectProtocol(kind(reactor, host, port), Client())
        self.addCleanup(client.transport.abortConnection)
        return client

    async def check_echo(self, port: int, host: str = "127.0.0.1") -> Client:
        """The port leads here."""
        client = await self.client(port, host)
        self.assertEqual(b"hello\n", await client.ask(b"hello\n"))
        return client

    async def says(self, text: str) -> None:
        """Wait until a tunnel has logged this."""
        await wait_until(lambda: any(text in line for line in self.lines))

    async def check_stop(self, tunnel: ReverseTunnel) -> None:
        """It stops in time: within a second, and what a busy machine adds."""
        begin = reactor.seconds()
        await tunnel.stopService()
        self.assertLess(reactor.seconds() - begin, 1.9)

    async def fails(self, kind: type[Exception], deferred: Deferred[Any]) -> str:
        """Wait for this very error; gives its text."""
        try:
            result = await deferred
        except kind as error:
            self.assertIs(type(error), kind)
            return str(error)
        raise self.failureException(f"{result} instead of {kind}")


class ForwardTests(TunnelTestCase):
    """A port of the server leads to here."""

    async def test_forward(self) -> None:
        """What connects there talks with a protocol here."""
        ready = await self.tunnel(Sshd(self)).when_ready()
        await self.check_echo(ready.port)
        self.assertEqual([f"tunnel to me@there: its 127.0.0.1:{ready.port} leads here"], self.lines)

    async def test_thousand_lines(self) -> None:
        """A thousand questions and answers, one after the other."""
        ready = await self.tunnel(Sshd(self)).when_ready()
        client = await self.client(ready.port)
        for number in range(1000):
            line = b"%d\n" % number
            self.assertEqual(line, await client.ask(line))

    async def test_many_connections(self) -> None:
        """Each connection has a protocol of its own, which ends with it."""
        ready = await self.tunnel(Sshd(self)).when_ready()
        clients = [await self.check_echo(ready.port) for _ in range(20)]
        self.assertEqual(20, len(self.factory.echoes))
        for client in clients:
            client.transport.loseConnection()
        await wait_until(lambda: not self.factory.echoes)

    async def test_all_addresses(self) -> None:
        """Where the server permits it, it listens on more than loopback."""
        sshd = Sshd(self, GatewayPorts="clientspecified")
        ready = await self.tunnel(sshd, "0.0.0.0").when_ready()
        self.assertEqual("0.0.0.0", ready.host)
        await self.check_echo(ready.port, "127.0.0.2")

    async def test_loopback_only(self) -> None:
        """Where it does not, it listens on loopback nevertheless, and does not say so."""
        ready = await self.tunnel(Sshd(self), "0.0.0.0").when_ready()
        await self.check_echo(ready.port)
        await self.assertFailure(
            Deferred.fromCoroutine(self.client(ready.port, "127.0.0.2")), ConnectionRefusedError
        )

    async def test_ipv6(self) -> None:
        """The server's address may be one of IPv6."""
        sshd = Sshd(self, GatewayPorts="clientspecified")
        ready = await self.tunnel(sshd, "::1").when_ready()
        await self.check_echo(ready.port, "::1")


class RefusedTests(TunnelTestCase):
    """What cannot get better is told at the first start; later nothing ends the tunnel."""

    async def test_not_permitted(self) -> None:
        """C{AllowTcpForwarding no} ends it, and its connection."""
        sshd = Sshd(self, AllowTcpForwarding="no")
        text = await self.fails(ForwardError, self.tunnel(sshd).when_ready())
        self.assertIn("AllowTcpForwarding", text)
        await wait_until(lambda: sshd.connections() == 0)

    async def test_wrong_host_key(self) -> None:
        """So does a host with another key."""
        sshd = Sshd(self)
        other = make_key(sshd.directory / "other")
        public = other.with_suffix(".pub").read_text()
        sshd.known_hosts.write_text(f"{sshd.name} {public}")
        await self.fails(HostKeyError, self.tunnel(sshd).when_ready())
        await wait_until(lambda: sshd.connections() == 0)

    async def test_not_let_in(self) -> None:
        """So does a host that does not know our key."""
        sshd = Sshd(self)
        other = make_key(sshd.directory / "other")
        await self.fails(AuthenticationError, self.tunnel(sshd, key_files=(other,)).when_ready())
        await wait_until(lambda: sshd.connections() == 0)

    async def test_no_more(self) -> None:
        """After it has worked, a server that permits it no more is asked until it does."""
        sshd = Sshd(self)
        ready = await self.tunnel(sshd).when_ready()
        sshd._options["AllowTcpForwarding"] = "no"
        sshd.restart()
        await self.says("AllowTcpForwarding")
        sshd._options.clear()
        sshd.restart()
        await self.says("is back")
        await self.check_echo(ready.port)

    async def test_not_there_yet(self) -> None:
        """A server that is not there at the first start is waited for."""
        sshd = Sshd(self)
        sshd.kill()
        ready = self.tunnel(sshd).when_ready()
        await self.says("refused; next try in")
        sshd.start()
        await self.check_echo((await ready).port)

    async def test_in_use(self) -> None:
        """So is a port that somebody else has."""
        holder = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(holder.close)
        port = holder.getsockname()[1]
        tunnel = self.tunnel(Sshd(self), port=port)
        ready = tunnel.when_ready()
        await self.says(f"127.0.0.1:{port} is in use")
        await deferLater(reactor, 1.5)
        self.assertFalse(ready.called)
        holder.close()
        self.assertEqual(port, (await ready).port)
        await self.check_echo(port)
        self.assertEqual(2, len(self.lines), self.lines)


class HoldTests(TunnelTestCase):
    """The tunnel comes back."""

    async def test_killed(self) -> None:
        """A server that is killed and comes back has the same port again."""
        sshd = Sshd(self)
        ready = await self.tunnel(sshd).when_ready()
        told: list[str] = []
        for _ in range(3):
            self.lines.clear()
            client = await self.check_echo(ready.port)
            sshd.kill()
            await wait_until(lambda client=client: client.is_lost and not self.factory.echoes)
            await self.says("tunnel to me@there lost; next try in 0.")
            await deferLater(reactor, 0.5)
            sshd.start()
            await self.says("tunnel to me@there is back")
            await self.check_echo(ready.port)
            told += self.lines
        self.assertEqual(1, sum("refused" in line for line in told), told)
        self.assertEqual(3 + 1 + 3, len(told), told)

    async def test_nothing_is_left(self) -> None:
        """Connections that were lost are forgotten."""
        sshd = Sshd(self)
        await self.tunnel(sshd).when_ready()
        for _ in range(5):
            sshd.restart()
            self.lines.clear()
            await self.says("is back")
        gc.collect()
        existing = [each for each in gc.get_objects() if isinstance(each, Connection)]
        alive = [each for each in existing if each.target.port == sshd.port]
        self.assertEqual(1, len(alive), alive)

    async def test_silent(self) -> None:
        """A server that hangs is noticed, and used again when it goes on."""
        sshd = Sshd(self)
        tunnel = self.tunnel(sshd, keepalive=0.1, missed=3, timeout=0.5)
        ready = await tunnel.when_ready()
        client = await self.check_echo(ready.port)
        with sshd.stop_cont():
            await self.says("lost")
            self.assertEqual([], self.factory.echoes)
            await self.says("it has not let us in within 0.5 s")
        await self.says("is back")
        await wait_until(lambda: client.is_lost)
        await self.check_echo(ready.port)

    async def test_old_session(self) -> None:
        """A session that hangs holds the port: it is waited for until that has ended."""
        sshd = Sshd(self)
        ready = await self.tunnel(sshd, keepalive=0.1, missed=3).when_ready()
        sessions = sshd._servers()[1:]
        for pid in sessions:
            os.kill(pid, signal.SIGSTOP)
        await self.says(f"127.0.0.1:{ready.port} is in use")
        await deferLater(reactor, 1.5)
        self.assertNotIn("back", str(self.lines))
        for pid in sessions:
            os.kill(pid, signal.SIGKILL)
        await self.says("is back")
        await self.check_echo(ready.port)

    async def test_command_in_flight(self) -> None:
        """A command finishes when the tunnel is lost; the next one comes through it again."""
        running: list[Deferred[Reply]] = []

        def run(_: object) -> Deferred[Reply]:
            running.append(Deferred())
            return running[-1]

        factory = CommandFactory(run)
        sshd = Sshd(self)
        ready = await self.tunnel(sshd, factory=factory).when_ready()
        first = await self.client(ready.port)
        first.transport.write(COMMAND)
        await wait_until(lambda: running)
        sshd.restart()
        await self.says("is back")
        self.assertTrue(first.is_lost)
        running[0].callback(Reply(Status.OK, "lost"))
        second = await self.client(ready.port)
        second.transport.write(COMMAND)
        await wait_until(lambda: len(running) == 2)
        running[1].callback(Reply(Status.OK, "done"))
        self.assertIn(b'"done"', await second.line())
        factory.stop()


class StopTests(TunnelTestCase):
    """A tunnel can be stopped within a second, whatever it does, and leaves nothing there."""

    async def check_gone(self, sshd: Sshd, port: int = 0) -> None:
        await wait_until(lambda: sshd.connections() == 0)
        if port:
            with socket.socket() as probe:
                self.assertNotEqual(0, probe.connect_ex(("127.0.0.1", port)))

    async def test_held(self) -> None:
        """The port is given back, in so many words."""
        sshd = Sshd(self, LogLevel="DEBUG1")
        tunnel = self.tunnel(sshd)
        ready = await tunnel.when_ready()
        client = await self.check_echo(ready.port)
        await self.check_stop(tunnel)
        self.assertIn("cancel-tcpip-forward", sshd.log)
        self.assertEqual([], self.factory.echoes)
        await wait_until(lambda: client.is_lost)
        await self.check_gone(sshd, ready.port)

    async def test_again(self) -> None:
        """It may be started again, and has the same port."""
        sshd = Sshd(self)
        tunnel = self.tunnel(sshd)
        ready = await tunnel.when_ready()
        await self.check_stop(tunnel)
        tunnel.startService()
        await wait_until(lambda: "leads here" in tunnel.describe())
        await self.check_echo(ready.port)

    async def test_connecting(self) -> None:
        """The server accepts and says nothing."""
        sshd = Sshd(self)
        with sshd.stop_cont():
            tunnel = self.tunnel(sshd)
            ready = tunnel.when_ready()
            await deferLater(reactor, 0.1)
            self.assertIn("connecting", tunnel.describe())
            await self.check_stop(tunnel)
            await self.fails(CancelledError, ready)
        await self.check_gone(sshd)

    async def test_connecting_slowly(self) -> None:
        """However far the handshake has come."""
        sshd = Sshd(self)
        for delay in (0.0, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15):
            tunnel = self.tunnel(sshd)
            await deferLater(reactor, delay)
            await self.check_stop(tunnel)
        await self.check_gone(sshd)

    async def test_asking(self) -> None:
        """The server hangs just when it is asked for the port."""
        sshd = Sshd(self)
        port = reserve_port(self)
        target = sshd.target()
        stopped: list[int] = []

        async def connect_and_hang() -> Connection:
            connection = await connect(reactor, target)
            stopped.extend(sshd._servers())
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            return connection

        tunnel = ReverseTunnel(
            *(reactor, lambda: Deferred.fromCoroutine(connect_and_hang()), "me@there"),
            *("127.0.0.1", port, self.factory),
        )
        tunnel.startService()
        await wait_until(lambda: "asking" in tunnel.describe())
        await self.check_stop(tunnel)
        for pid in stopped:
            # One of them may end as soon as another goes on.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        await self.check_gone(sshd)

    async def test_taken(self) -> None:
        """It waits for the port."""
        sshd = Sshd(self)
        with socket.create_server(("127.0.0.1", 0)) as holder:
            tunnel = self.tunnel(sshd, port=holder.getsockname()[1])
            await self.says("in use")
            await self.check_stop(tunnel)
        await self.check_gone(sshd)

    async def test_held_and_silent(self) -> None:
        """The server hangs when it is asked to take the port back."""
        sshd = Sshd(self)
        tunnel = self.tunnel(sshd)
        ready = await tunnel.when_ready()
        with sshd.stop_cont():
            await self.check_stop(tunnel)
        await self.check_gone(sshd, ready.port)

    async def test_waiting(self) -> None:
        """It waits until it tries again."""
        sshd = Sshd(self)
        tunnel = self.tunnel(sshd)
        await tunnel.when_ready()
        sshd.kill()
        await self.says("lost")
        await self.check_stop(tunnel)
        self.assertIn("stopped", tunnel.describe())
