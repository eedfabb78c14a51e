"""L{netsim.dsisocket.ssh.transport}, with Conch's own server in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.conch.ssh.common import NS
from twisted.conch.ssh.factory import SSHFactory
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.service import SSHService
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, connect
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Secret
from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.ssh.hostkeys import KnownHosts
from netsim.dsisocket.ssh.identities import Identities
from netsim.dsisocket.ssh.target import Target
from netsim.dsisocket.ssh.transport import ClientTransport, host_key_algorithms
from netsim.errors import AuthenticationError, HostKeyError, SshError
from tests.dsisocket.ssh.peers import known_hosts, make_key, word


class AlgorithmTests(SynchronousTestCase):
    """Tests of L{host_key_algorithms}."""

    def test_known_first(self) -> None:
        """Keys that are known come before those that would be unknown, all are possible."""
        usual = host_key_algorithms(())
        self.assertEqual(b"ssh-ed25519", usual[0])
        for known, first in (
            (("ssh-rsa",), [b"rsa-sha2-512", b"rsa-sha2-256", b"ssh-ed25519"]),
            (("ecdsa-sha2-nistp256", "ssh-rsa"), [b"ecdsa-sha2-nistp256", b"rsa-sha2-512"]),
            (("ssh-dss", "unheard-of"), [b"ssh-ed25519"]),
        ):
            names = host_key_algorithms(known)
            self.assertEqual(first, names[: len(first)])
            self.assertEqual(sorted(usual), sorted(names))

    def test_no_sha1(self) -> None:
        """Nothing that is broken is asked for."""
        offered = [
            *ClientTransport.supportedCiphers, *ClientTransport.supportedMACs,
            *ClientTransport.supportedKeyExchanges, *host_key_algorithms(("ssh-rsa",)),
        ]  # fmt: skip
        for name in offered:
            for broken in (b"sha1", b"md5", b"cbc", b"ssh-rsa", b"dss"):
                self.assertNotIn(broken, name)
        for names in (ClientTransport.supportedCiphers, ClientTransport.supportedKeyExchanges):
            self.assertTrue(names)


class Doorman(SSHService):
    """The server's side of authentication: knows one password."""

    name = b"ssh-userauth"
    protocolMessages = {50: "MSG_USERAUTH_REQUEST"}
    password = b"open sesame"

    def ssh_USERAUTH_REQUEST(self, packet: bytes) -> None:
        assert self.transport is not None
        if packet.endswith(NS(self.password)):
            self.transport.sendPacket(52, b"")
        else:
            self.transport.sendPacket(51, NS(b"password") + b"\0")


class TransportTests(SynchronousTestCase):
    """Tests of L{ClientTransport}."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.key = make_key()
        self.file = known_hosts(self.directory / "known_hosts", "there", self.key)

    def connect(self, key: Key | None = None, **changes: Any) -> Any:
        """Let it speak with a server that has this key; gives what it fires."""
        changes = {"host": "there", "user": "me", "password": Secret("open sesame"), **changes}
        target = Target(**changes, known_hosts=self.file)
        factory = SSHFactory()
        key = key or self.key
        factory.publicKeys = {b"ssh-ed25519": key.public()}
        factory.privateKeys = {b"ssh-ed25519": key}
        factory.services = {b"ssh-userauth": Doorman}
        factory.getPrimes = lambda: None
        factory.startFactory()
        self.server = factory.buildProtocol(None)
        known = KnownHosts.read(self.file)
        self.client = ClientTransport(target, known, Identities(), Connection(target, Clock()))
        self.pump = connect(
            self.server,
            FakeTransport(self.server, True),
            self.client,
            FakeTransport(self.client, False),
        )
        self.pump.flush()
        return self.client.ready

    def text(self, ready: Any, kind: type[Exception]) -> str:
        """Of the error; the connection is closed then."""
        failure = self.failureResultOf(ready, kind)
        self.assertIs(kind, failure.type)
        self.pump.flush()
        self.assertTrue(self.client.transport.disconnected)
        return failure.getErrorMessage()

    def test_let_in(self) -> None:
        """The connection comes when both know who the other one is."""
        connection = self.successResultOf(self.connect())
        self.assertIs(self.client.service, connection)
        self.assertFalse(connection.is_lost)
        self.client.abort()
        self.pump.flush()
        self.assertTrue(connection.is_lost)

    def test_keys_exchanged_anew(self) -> None:
        """Nobody is asked again when keys are exchanged anew."""
        connection = self.successResultOf(self.connect())
        session = self.client.sessionID
        self.server.sendKexInit()
        self.pump.flush()
        self.assertIs(self.client.service, connection)
        self.assertFalse(connection.is_lost)
        self.assertEqual(session, self.client.sessionID)

    def test_unknown_host(self) -> None:
        """Nothing of ours is told to a host that is not known."""
        self.file.write_text("")
        doorman: list[bytes] = []
        self.patch(Doorman, "ssh_USERAUTH_REQUEST", lambda _, packet: doorman.append(packet))
        text = str(self.failureResultOf(self.connect(), HostKeyError).value)
        self.assertTrue(text.startswith("the key of there is not known: ssh-ed25519 "), text)
        self.pump.flush()
        self.assertTrue(self.client.transport.disconnected)
        self.assertEqual([], doorman)

    def test_changed_host(self) -> None:
        """Neither to one whose key is another one, whatever we accept."""
        ready = self.connect(make_key(), accept_new=True)
        self.assertIn("HAS CHANGED", self.text(ready, HostKeyError))

    def test_accept_new(self) -> None:
        """One that is not known is stored where that is wanted: once, and it is logged."""
        self.file.unlink()
        with capturedLogs() as events:
            self.successResultOf(self.connect(accept_new=True))
            self.server.sendKexInit()
            self.pump.flush()
        self.assertEqual(1, self.file.read_text().count("\n"))
        [event] = [event for event in events if "trusted from now on" in event["log_format"]]
        self.assertEqual(self.file, event["path"])
        self.successResultOf(self.connect())

    def test_not_let_in(self) -> None:
        """Who is not let in is told why."""
        ready = self.connect(password=Secret("close sesame"))
        text = self.text(ready, AuthenticationError)
        self.assertTrue(text.endswith("tried: the password; it accepts: password"), text)

    def test_nothing_in_common(self) -> None:
        """A server that speaks other algorithms is an error."""
        self.patch(ClientTransport, "supportedCiphers", [b"rot13"])
        text = self.text(self.connect(), SshError)
        self.assertTrue(text.endswith(": couldn't match all kex parts"), text)

    def test_disconnects(self) -> None:
        """What a server says when it disconnects is the error."""

        def disconnect(doorman: Doorman, packet: bytes) -> None:
            assert doorman.transport is not None
            doorman.transport.sendDisconnect(2, b"Too many authentication failures")

        self.patch(Doorman, "ssh_USERAUTH_REQUEST", disconnect)
        text = self.text(self.connect(), AuthenticationError)
        self.assertTrue(text.endswith("; it said: Too many authentication failures"), text)

    def alone(self) -> ClientTransport:
        """One without a server."""
        target = Target("there", "me")
        connection = Connection(target, Clock())
        self.client = ClientTransport(target, KnownHosts(self.file), Identities(), connection)
        self.client.makeConnection(StringTransport())
        return self.client

    def test_disconnects_at_once(self) -> None:
        """So it is before anything else is said."""
        client = self.alone()
        client.ssh_DISCONNECT(word(11) + NS(b"go away") + NS(b""))
        client.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(
            "me@there:22 disconnects: go away",
            self.failureResultOf(client.ready, SshError).getErrorMessage(),
        )

    def test_closes(self) -> None:
        """A server that just closes is one, too."""
        client = self.alone()
        client.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(
            "me@there:22 closed the connection before it let us in",
            self.failureResultOf(client.ready, SshError).getErrorMessage(),
        )

    def test_no_ssh(self) -> None:
        """One that does not speak SSH is one, too."""
        client = self.alone()
        client.dataReceived(b"HTTP/1.1 400 Bad Request\r\n" * 200)
        client.connectionLost(Failure(ConnectionDone()))
        text = self.failureResultOf(client.ready, SshError).getErrorMessage()
        self.assertTrue(text.startswith("no SSH with me@there:22: "), text)

    def test_given_up(self) -> None:
        """Cancelling closes it."""
        client = self.alone()
        client.ready.cancel()
        self.failureResultOf(client.ready, CancelledError)
        client.connectionLost(Failure(ConnectionDone()))
        self.assertTrue(client.transport.disconnected)

    def test_quiet(self) -> None:
        """Conch says nothing of all that; what a server says later is told."""
        with capturedLogs() as events:
            self.successResultOf(self.connect())
        ours = (self.client, self.client.service)
        self.assertEqual([], [event for event in events if event["log_source"] in ours])
        self.assertEqual([], self.told(events))
        with capturedLogs() as events:
            self.server.sendDisconnect(11, b"going down")
            self.pump.flush()
        [event] = self.told(events)
        self.assertEqual("going down", event["text"])

    def told(self, events: Any) -> list[Any]:
        """What we say of it."""
        return [event for event in events if event["log_namespace"].startswith("netsim")]
