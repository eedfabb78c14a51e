"""The SSH client with OpenSSH's server and agent."""

from __future__ import annotations

import stat
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from netsim.dsisocket.model import Secret
from netsim.dsisocket.ssh.channels import IRemoteProcess
from netsim.dsisocket.ssh.connect import connect
from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.ssh.hostkeys import UnknownHostKey
from netsim.dsisocket.ssh.transport import ClientTransport
from netsim.errors import (
    AuthenticationError,
    ForwardError,
    HostKeyError,
    PortInUseError,
    SshError,
)
from tests.integration.processes import PATIENCE
from tests.integration.sshd import Agent, Sshd, make_key, reserve_port

MIB = 1 << 20


@implementer(IRemoteProcess)
class Heard:
    """What a command printed, and how it ended."""

    def __init__(self) -> None:
        self.output = b""
        self.end: Deferred[tuple[int | None, str | None]] = Deferred()

    def output_received(self, data: bytes) -> None:
        self.output += data

    def ended(self, status: int | None, signal: str | None) -> None:
        self.end.callback((status, signal))


class Echo(Protocol):
    """Gives back what it gets, no faster than that is taken."""

    def connectionMade(self) -> None:
        self.transport.registerProducer(self.transport, True)

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)


@implementer(IHalfCloseableProtocol)
class Slow(Protocol):
    """Stops reading when it begins, and says then what comes."""

    def __init__(self) -> None:
        self.received = 0
        self.made: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        self.transport.pauseProducing()
        self.made.callback(None)

    def dataReceived(self, data: bytes) -> None:
        self.received += len(data)

    def readConnectionLost(self) -> None:
        self.ended.callback(None)

    def writeConnectionLost(self) -> None:
        pass


async def wait_until(condition: Callable[[], Any]) -> None:
    """Let the reactor run until it is so."""
    deadline = reactor.seconds() + PATIENCE
    while not condition():
        assert reactor.seconds() < deadline, "it has not come"
        await deferLater(reactor, 0.01)


def tcp(port: int, script: str) -> bytes:
    """A command that speaks with a port of the far side, as descriptor 3."""
    return f"exec 3<>/dev/tcp/127.0.0.1/{port}; {script}".encode()


class SshTestCase(TestCase):
    """Tests with a server."""

    timeout = 60

    async def connect(self, sshd: Sshd, **changes: Any) -> Connection:
        """Connect; it is closed when the test ends."""
        connection = await connect(reactor, sshd.target(**changes))
        self.addCleanup(connection.close)
        return connection

    async def ask(self, connection: Connection, command: str | bytes, stdin: bytes = b"") -> Any:
        """Status or signal, and the output."""
        heard = Heard()
        words = command.encode() if isinstance(command, str) else command
        await connection.execute(words, heard, stdin)
        status, signal = await heard.end
        return (status if signal is None else signal), heard.output

    async def fails(self, kind: type[Exception], deferred: Deferred[Any]) -> str:
        """Wait for this very error; gives its text."""
        try:
            await deferred
        except kind as error:
            self.assertIs(type(error), kind, error)
            return str(error)
        raise self.failureException(f"no {kind.__name__}")


class CommandTests(SshTestCase):
    """Commands."""

    async def test_output_and_status(self) -> None:
        """A command has a status; what it prints comes, from stdout and stderr."""
        connection = await self.connect(Sshd(self))
        self.assertEqual((0, b"one\ntwo\n"), await self.ask(connection, "echo one; echo two >&2"))
        self.assertEqual((3, b""), await self.ask(connection, "exit 3"))

    async def test_signal(self) -> None:
        """A command that a signal ends has none."""
        connection = await self.connect(Sshd(self))
        self.assertEqual(("KILL", b""), await self.ask(connection, "exec sh -c 'kill -KILL $$'"))

    async def test_sending_a_signal(self) -> None:
        """A channel sends signals."""
        sshd = Sshd(self)
        connection = await self.connect(sshd)
        heard = Heard()
        channel = await connection.execute(b"echo begun; exec sleep 60", heard)
        await wait_until(lambda: heard.output)
        channel.signal("TERM")
        if sshd.user == "root":
            # OpenSSH gives no signals to commands of root.
            await wait_until(lambda: "signalling requires privilege separation" in sshd.log)
            return
        self.assertEqual((None, "TERM"), await heard.end)

    async def test_stdin(self) -> None:
        """It reads what is given, and its end, of whatever size it is."""
        connection = await self.connect(Sshd(self))
        self.assertEqual((0, b"0\n"), await self.ask(connection, "wc -c"))
        size = 5 * MIB
        self.assertEqual((0, b"%d\n" % size), await self.ask(connection, "wc -c", bytes(size)))

    async def test_big_output(self) -> None:
        """All of it comes, also where keys are exchanged anew meanwhile."""
        exchanges: list[None] = []
        newKeys = ClientTransport._newKeys
        self.patch(
            ClientTransport, "_newKeys", lambda self: (exchanges.append(None), newKeys(self))
        )
        connection = await self.connect(Sshd(self, RekeyLimit="1M"))
        size = 20 * MIB
        status, output = await self.ask(connection, f"head -c {size} /dev/zero")
        self.assertEqual((0, bytes(size)), (status, output))
        self.assertLess(5, len(exchanges))
        self.assertEqual((0, b"still there\n"), await self.ask(connection, "echo still there"))

    async def test_more_than_the_server_runs_at_once(self) -> None:
        """Commands wait for others where the server has no room for them."""
        connection = await self.connect(Sshd(self, MaxSessions="2"))
        results = await gatherResults(
            [Deferred.fromCoroutine(self.ask(connection, f"echo {i}")) for i in range(9)]
        )
        self.assertEqual([(0, b"%d\n" % i) for i in range(9)], results)

    async def test_no_sessions(self) -> None:
        """A server that permits none says so."""
        sshd = Sshd(self, MaxSessions="0")
        connection = await self.connect(sshd)
        text = await self.fails(SshError, connection.execute(b"true", Heard()))
        self.assertEqual(f"{sshd.target()} opens no session: open failed", text)

    async def test_given_up(self) -> None:
        """One that is cancelled before it has begun is not heard of."""
        connection = await self.connect(Sshd(self))
        heard = Heard()
        starting = connection.execute(b"echo hello", heard)
        starting.cancel()
        await self.fails(CancelledError, starting)
        self.assertEqual((0, b"next\n"), await self.ask(connection, "echo next"))
        self.assertEqual((b"", False), (heard.output, heard.end.called))

    async def test_server_killed(self) -> None:
        """The end of the server ends commands, and all that is asked later fails."""
        sshd = Sshd(self)
        connection = await self.connect(sshd)
        heard = Heard()
        await connection.execute(b"echo begun; sleep 60", heard)
        await wait_until(lambda: heard.output)
        lost = connection.when_lost()
        sshd.kill()
        self.assertEqual((None, None), await heard.end)
        await lost
        await connection.when_lost()
        self.assertTrue(connection.is_lost)
        text = f"the connection to {sshd.target()} was lost"
        self.assertEqual(text, await self.fails(SshError, connection.execute(b"true", Heard())))
        self.assertEqual(text, await self.fails(SshError, connection.open_sftp()))
        self.assertEqual(text, await self.fails(SshError, connection.listen("", 0, Factory())))
        await connection.close()
        connection.abort()

    async def test_server_restarted(self) -> None:
        """A new connection to it is possible then."""
        sshd = Sshd(self)
        await self.connect(sshd)
        sshd.restart()
        self.assertEqual((0, b"again\n"), await self.ask(await self.connect(sshd), "echo again"))

    async def test_server_that_hangs(self) -> None:
        """A server that does not answer is found out."""
        sshd = Sshd(self)
        connection = await self.connect(sshd, keepalive=0.2, missed=2)
        # It does not give up one that answers.
        await deferLater(reactor, 1)
        self.assertFalse(connection.is_lost)
        with sshd.stop_cont():
            begin = reactor.seconds()
            await connection.when_lost()
            self.assertLess(0.35, reactor.seconds() - begin)

    async def test_files(self) -> None:
        """Files can be transferred; more than one at a time."""
        connection = await self.connect(Sshd(self))
        first, second = await gatherResults([connection.open_sftp(), connection.open_sftp()])
        self.assertEqual(str(Path.home()), await first.realPath(b"."))
        first.transport.loseConnection()
        self.assertEqual("/", await second.realPath(b"/"))
        await connection.close()
        await self.fails(ConnectionLost, second.realPath(b"/"))

    async def test_no_files(self) -> None:
        """A server without that says so."""
        sshd = Sshd(self, Subsystem="other /bin/false")
        connection = await self.connect(sshd)
        text = await self.fails(SshError, connection.open_sftp())
        self.assertEqual(f"{sshd.target()} refuses to do it: subsystem", text)

    async def test_quiet(self) -> None:
        """A connection is one line of the log."""
        lines: list[str] = []

        def observe(event: Any) -> None:
            if event["log_level"] >= LogLevel.info and event.get("log_format"):
                lines.append(event["log_format"].format(**event))

        sshd = Sshd(self)
        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        connection = await self.connect(sshd)
        await self.ask(connection, "echo")
        await (await connection.open_sftp()).realPath(b".")
        await connection.close()
        self.assertEqual([f"connected to {sshd.target()}"], lines)


class AuthenticationTests(SshTestCase):
    """Who we are."""

    async def test_kinds_of_keys(self) -> None:
        """RSA and ECDSA do as well; RSA does not sign with SHA-1, which servers refuse."""
        sshd = Sshd(self)
        for kind in ("rsa", "ecdsa"):
            key = make_key(sshd.directory / kind, kind)
            sshd.trust(key)
            connection = await self.connect(sshd, key_files=(key,))
            self.assertEqual((0, b"hello\n"), await self.ask(connection, "echo hello"))
            agent = Agent(self, key)
            connection = await self.connect(sshd, key_files=(), agent=agent.socket)
            self.assertEqual((0, b"hello\n"), await self.ask(connection, "echo hello"))

    async def test_first_that_fits(self) -> None:
        """Keys that are not there, not known to the server or not ours to use are passed over."""
        sshd = Sshd(self)
        other = make_key(sshd.directory / "other")
        locked = make_key(sshd.directory / "locked", passphrase="open sesame")
        missing = sshd.directory / "missing"
        connection = await self.connect(sshd, key_files=(missing, other, locked, sshd.key))
        self.assertEqual((0, b""), await self.ask(connection, "true"))

    async def test_agent_with_many_keys(self) -> None:
        """The one that a file names is tried first: servers take six guesses."""
        sshd = Sshd(self)
        locked = make_key(sshd.directory / "locked", passphrase="open sesame")
        others = [make_key(sshd.directory / f"other{i}") for i in range(7)]
        agent = Agent(self, *others, sshd.key)
        await self.connect(sshd, agent=agent.socket)
        del locked

    async def test_not_let_in(self) -> None:
        """The error says who, where, with what, and what would do."""
        sshd = Sshd(self)
        other = make_key(sshd.directory / "other")
        locked = make_key(sshd.directory / "locked", passphrase="open sesame")
        held = make_key(sshd.directory / "held")
        agent = Agent(self, held)
        target = sshd.target(
            key_files=(other, locked), agent=agent.socket, password=Secret("hush hush")
        )
        text = await self.fails(AuthenticationError, connect(reactor, target))
        self.assertTrue(text.startswith(f"{target} does not let us in; tried: "), text)
        for word in (f"{other} (ssh-ed25519 SHA256:", "agent's held (ssh-ed25519 SHA256:"):
            self.assertIn(word, text)
        self.assertIn("; it accepts: publickey; ", text)
        self.assertIn(f"{locked} has a passphrase: add it to an agent (ssh-add {locked})", text)
        self.assertNotIn("hush", text)

    async def test_nothing_to_show(self) -> None:
        """Without a key and an agent that does not answer, the error says that."""
        sshd = Sshd(self)
        socket = sshd.directory / "nobody"
        target = sshd.target(key_files=(), agent=socket)
        text = await self.fails(AuthenticationError, connect(reactor, target))
        self.assertIn("tried: nothing, as there is no key", text)
        self.assertIn(f"no agent answers at {socket}", text)

    async def test_too_many_keys(self) -> None:
        """A server that has enough of it is an error like others."""
        sshd = Sshd(self, MaxAuthTries="2")
        others = tuple(make_key(sshd.directory / f"other{i}") for i in range(4))
        text = await self.fails(
            AuthenticationError, connect(reactor, sshd.target(key_files=others))
        )
        self.assertIn("Too many authentication failures", text)

    async def test_agent_forwarded(self) -> None:
        """Commands may use the agent, at the same time; others may not."""
        sshd = Sshd(self)
        agent = Agent(self, sshd.key)
        connection = await self.connect(sshd, agent=agent.socket, forward_agent=True)
        commands = [Deferred.fromCoroutine(self.ask(connection, "ssh-add -l")) for _ in range(3)]
        self.assertEqual([(0, agent.keys().encode())] * 3, await gatherResults(commands))
        connection = await self.connect(sshd, agent=agent.socket)
        status, output = await self.ask(connection, 'echo "[$SSH_AUTH_SOCK]"')
        self.assertEqual((0, b"[]\n"), (status, output))

    async def test_agent_that_has_gone(self) -> None:
        """A command that asks for it then is told, and the connection holds."""
        sshd = Sshd(self)
        agent = Agent(self, sshd.key)
        connection = await self.connect(sshd, agent=agent.socket, forward_agent=True)
        agent.socket.unlink()
        status, _ = await self.ask(connection, "ssh-add -l")
        self.assertNotEqual(0, status)
        self.assertEqual((0, b""), await self.ask(connection, "true"))


class HostKeyTests(SshTestCase):
    """Who the server is."""

    async def test_unknown(self) -> None:
        """An unknown server is refused; the line that the error tells makes it known."""
        sshd = Sshd(self)
        known_hosts = sshd.directory / "nobody" / "known_hosts"
        target = sshd.target(known_hosts=known_hosts)
        text = await self.fails(UnknownHostKey, connect(reactor, target))
        self.assertIn(f"the key of {sshd.name} is not known: ssh-ed25519 SHA256:", text)
        self.assertFalse(known_hosts.exists())
        line = text.partition(f"add this line to {known_hosts}: ")[2]
        known_hosts.parent.mkdir()
        known_hosts.write_text(line)
        await self.connect(sshd, known_hosts=known_hosts)

    async def test_accepted_and_stored(self) -> None:
        """With C{accept_new} it is stored, for nobody else to read, and is known then."""
        sshd = Sshd(self)
        known_hosts = sshd.directory / "nobody" / "known_hosts"
        await self.connect(sshd, known_hosts=known_hosts, accept_new=True)
        self.assertEqual(0o700, stat.S_IMODE(known_hosts.parent.stat().st_mode))
        self.assertEqual(0o600, stat.S_IMODE(known_hosts.stat().st_mode))
        await self.connect(sshd, known_hosts=known_hosts)
        self.assertEqual(1, known_hosts.read_text().count("\n"))

    async def test_changed(self) -> None:
        """A server whose key is another one is refused, whatever is accepted otherwise."""
        sshd = Sshd(self)
        other = make_key(sshd.directory / "other")
        before = f"# a comment\n{sshd.name} {Path(f'{other}.pub').read_text()}"
        sshd.known_hosts.write_text(before)
        for accept_new in (False, True):
            target = sshd.target(accept_new=accept_new)
            text = await self.fails(HostKeyError, connect(reactor, target))
            self.assertTrue(text.startswith(f"THE KEY OF {sshd.name} HAS CHANGED"), text)
            self.assertIn(f"{sshd.known_hosts} knows another (line 2: ssh-ed25519 SHA256:", text)
        self.assertEqual(before, sshd.known_hosts.read_text())

    async def test_known_by_its_second_key(self) -> None:
        """The server is asked for the key that is known, of those that it has."""
        directory = Path(self.mktemp())
        directory.mkdir()
        rsa = make_key(directory.absolute() / "rsa", "rsa")
        sshd = Sshd(self, HostKey=str(rsa))
        both = Sshd(self, HostKey=f"{sshd.host_key}\nHostKey {rsa}")
        for one in (sshd, both):
            one.known_hosts.write_text(f"{one.name} {Path(f'{rsa}.pub').read_text()}")
            await self.connect(one)

    async def test_hashed(self) -> None:
        """The file may hide the names of the hosts."""
        sshd = Sshd(self)
        subprocess.run(
            ["ssh-keygen", "-q", "-H", "-f", sshd.known_hosts], check=True, capture_output=True
        )
        self.assertIn("|1|", sshd.known_hosts.read_text())
        await self.connect(sshd)


class ReachTests(SshTestCase):
    """Servers that cannot be reached."""

    async def test_nobody_there(self) -> None:
        """The error says where."""
        sshd = Sshd(self)
        target = evolve(sshd.target(), port=reserve_port(self))
        text = await self.fails(SshError, connect(reactor, target))
        self.assertEqual(f"cannot reach {target}: connection refused", text)

    async def test_no_such_host(self) -> None:
        """A name that nobody knows is an error."""
        target = Sshd(self).target(host="nobody.invalid")
        text = await self.fails(SshError, connect(reactor, target))
        self.assertTrue(text.startswith(f"cannot reach {target}: "), text)

    async def test_hanging(self) -> None:
        """A server that says nothing is given up; the connection to it is closed."""
        sshd = Sshd(self)
        with sshd.stop_cont():
            text = await self.fails(SshError, connect(reactor, sshd.target(timeout=0.3)))
        self.assertEqual(f"cannot reach {sshd.target()}: it has not let us in within 0.3 s", text)

    async def test_given_up(self) -> None:
        """Cancelling closes what was opened."""
        sshd = Sshd(self)
        connecting = connect(reactor, sshd.target())
        reactor.callLater(0.02, connecting.cancel)
        await self.fails(CancelledError, connecting)
        await wait_until(lambda: not sshd.connections())

    async def test_closed(self) -> None:
        """Closing tells the server."""
        sshd = Sshd(self)
        connection = await self.connect(sshd)
        await self.ask(connection, "true")
        await connection.close()
        self.assertTrue(connection.is_lost)
        await wait_until(lambda: "Received disconnect" in sshd.log)


class ForwardTests(SshTestCase):
    """Ports of the server that lead to here."""

    async def test_both_ways(self) -> None:
        """What is sent to the port comes here, and what is answered goes there."""
        connection = await self.connect(Sshd(self))
        port = await connection.listen("127.0.0.1", 0, Factory.forProtocol(Echo))
        size = 20 * MIB
        script = f"head -c {size} /dev/zero >&3 & head -c {size} <&3 | sha256sum; wait"
        expected = await self.ask(connection, f"head -c {size} /dev/zero | sha256sum")
        self.assertEqual(expected, await self.ask(connection, tcp(port, script)))

    async def test_a_port_of_our_choice(self) -> None:
        """The server listens where it is asked to, until it is told otherwise."""
        connection = await self.connect(Sshd(self))
        wanted = reserve_port(self)
        self.assertEqual(
            wanted, await connection.listen("127.0.0.1", wanted, Factory.forProtocol(Echo))
        )
        ping = tcp(wanted, "echo ping >&3; head -1 <&3")
        self.assertEqual((0, b"ping\n"), await self.ask(connection, ping))
        await connection.cancel("127.0.0.1", wanted)
        status, _ = await self.ask(connection, ping)
        self.assertEqual(1, status)
        await self.fails(ForwardError, connection.cancel("127.0.0.1", wanted))

    async def test_reader_that_pauses(self) -> None:
        """Who sends to one that does not read has to wait; all comes when it reads."""
        connection = await self.connect(Sshd(self))
        slow = Slow()
        factory = Factory()
        factory.buildProtocol = lambda _: slow
        port = await connection.listen("127.0.0.1", 0, factory)
        size = 20 * MIB
        sending = Deferred.fromCoroutine(
            self.ask(connection, tcp(port, f"head -c {size} /dev/zero >&3; exec 3>&-"))
        )
        await slow.made
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        await deferLater(reactor, 1)
        _, peak = tracemalloc.get_traced_memory()
        self.assertEqual((0, False), (slow.received, sending.called))
        self.assertLess(peak, 3 * MIB)
        slow.transport.resumeProducing()
        await slow.ended
        self.assertEqual(size, slow.received)
        slow.transport.loseConnection()
        self.assertEqual((0, b""), await sending)

    async def test_peer_that_does_not_read(self) -> None:
        """A producer has to wait for a peer that does not read."""
        connection = await self.connect(Sshd(self))
        port = await connection.listen("127.0.0.1", 0, Factory.forProtocol(Echo))
        size = 20 * MIB
        script = f"head -c {size} /dev/zero >&3 & sleep 1; head -c {size} <&3 | wc -c; wait"
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        result = await self.ask(connection, tcp(port, script))
        _, peak = tracemalloc.get_traced_memory()
        self.assertEqual((0, b"%d\n" % size), result)
        self.assertLess(peak, 12 * MIB)

    async def test_half_closed(self) -> None:
        """Each direction ends by itself: the peer is answered after its end."""

        @implementer(IHalfCloseableProtocol)
        class Total(Protocol):
            size = 0

            def dataReceived(self, data: bytes) -> None:
                self.size += len(data)

            def readConnectionLost(self) -> None:
                self.transport.write(b"%d bytes\n" % self.size)
                self.transport.loseConnection()

            def writeConnectionLost(self) -> None:
                pass

        connection = await self.connect(Sshd(self))
        port = await connection.listen("127.0.0.1", 0, Factory.forProtocol(Total))
        client = (
            f"import socket; s = socket.create_connection(('127.0.0.1', {port}));"
            "s.sendall(b'12345'); s.shutdown(1); print(s.recv(99).decode(), s.recv(1))"
        )
        status, output = await self.ask(connection, f'python3 -c "{client}"')
        self.assertEqual((0, b"5 bytes\n b''\n"), (status, output))

    async def test_not_permitted(self) -> None:
        """A server that does not permit it is told from a port in use."""
        for options in ({"AllowTcpForwarding": "no"}, {"PermitListen": "none"}):
            sshd = Sshd(self, **options)
            connection = await self.connect(sshd)
            for port in (0, reserve_port(self)):
                text = await self.fails(
                    ForwardError, connection.listen("127.0.0.1", port, Factory())
                )
                beginning = f"{sshd.target()} does not permit to listen on 127.0.0.1:{port} ("
                self.assertTrue(text.startswith(beginning), text)

    async def test_in_use(self) -> None:
        """A port that another session holds is in use, until that one ends."""
        wanted = reserve_port(self)
        for options in ({}, {"PermitListen": f"127.0.0.1:{wanted}"}):
            sshd = Sshd(self, **options)
            first, second = await self.connect(sshd), await self.connect(sshd)
            await first.listen("127.0.0.1", wanted, Factory.forProtocol(Echo))
            listening = second.listen("127.0.0.1", wanted, Factory())
            text = await self.fails(PortInUseError, listening)
            self.assertEqual(f"127.0.0.1:{wanted} is in use on {sshd.target()}", text)
            await first.close()
            await wait_until(lambda sshd=sshd: sshd.connections() == 1)
            await second.listen("127.0.0.1", wanted, Factory())
            await second.close()
            await wait_until(lambda sshd=sshd: not sshd.connections())

    async def test_connection_lost(self) -> None:
        """Protocols hear of the end of the connection."""
        lost: Deferred[str] = Deferred()

        class Told(Protocol):
            def connectionMade(self) -> None:
                self.transport.write(b"hello\n")

            def connectionLost(self, reason: Any = None) -> None:
                lost.callback(reason.type.__name__)

        sshd = Sshd(self)
        connection = await self.connect(sshd)
        port = await connection.listen("127.0.0.1", 0, Factory.forProtocol(Told))
        heard = Heard()
        await connection.execute(tcp(port, "head -1 <&3; sleep 60"), heard)
        await wait_until(lambda: heard.output)
        sshd.kill()
        self.assertEqual("ConnectionLost", await lost)
        await heard.end
