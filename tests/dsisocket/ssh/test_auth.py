"""L{netsim.dsisocket.ssh.auth}."""

from __future__ import annotations

from twisted.conch.ssh.common import NS
from twisted.conch.ssh.service import SSHService
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.model import Secret
from netsim.dsisocket.ssh.auth import Authentication
from netsim.dsisocket.ssh.identities import Identities, Identity
from netsim.dsisocket.ssh.target import Target
from netsim.errors import AuthenticationError, SshError
from tests.dsisocket.ssh.peers import FakeTransport

FAILURE, SUCCESS, BANNER, OK = 51, 52, 53, 60
HEAD = NS(b"me") + NS(b"next")
ED = NS(b"ssh-ed25519")


class Following(SSHService):
    """What begins then."""

    name = b"next"


class AuthenticationTests(SynchronousTestCase):
    """Tests of L{Authentication}, with a server by hand."""

    def start(
        self, *identities: Identity, password: str | None = None, problems: tuple[str, ...] = ()
    ) -> None:
        """Begin."""
        secret = None if password is None else Secret(password)
        self.following = Following()
        self.transport = FakeTransport()
        self.service = Authentication(
            Target("there", "me", password=secret), self.following, Identities(identities, problems)
        )
        self.service.transport = self.transport
        self.service.serviceStarted()
        self.check_asked(b"none")

    def identity(self, name: bytes = b"one", kind: bytes = b"ssh-ed25519") -> Identity:
        """A key; what it signs is fired by the test."""
        self.signed: list[tuple[bytes, bytes]] = []
        self.signature: Deferred[bytes] = Deferred()

        async def sign(algorithm: bytes, data: bytes) -> bytes:
            self.signed.append((algorithm, data))
            return await self.signature

        return Identity(NS(kind) + NS(name), name.decode(), sign)

    def says(self, number: int, payload: bytes = b"") -> None:
        """The server answers."""
        self.service.packetReceived(number, payload)

    def fails(self, methods: bytes = b"publickey,password") -> None:
        """The server says what would do."""
        self.says(FAILURE, NS(methods) + b"\0")

    def check_asked(self, method: bytes, rest: bytes = b"") -> None:
        """The server was asked just this."""
        packets, self.transport.packets = self.transport.packets, []
        self.assertEqual([(50, HEAD + NS(method) + rest)], packets)

    def text(self) -> str:
        """Of the error."""
        error = self.transport.error
        self.assertIsInstance(error, AuthenticationError)
        return str(error)

    def test_let_in(self) -> None:
        """With success the next service begins, whatever has been asked."""
        self.start()
        self.says(BANNER, NS(b"Welcome") + NS(b""))
        self.says(SUCCESS)
        self.assertIs(self.following, self.transport.service)

    def test_key(self) -> None:
        """A key is offered, and signs when the server would have it."""
        identity = self.identity()
        self.start(identity)
        self.fails()
        public = ED + NS(identity.blob)
        self.check_asked(b"publickey", b"\0" + public)
        self.assertEqual([], self.signed)
        self.says(OK, public)
        data = NS(b"session") + b"\x32" + HEAD + NS(b"publickey") + b"\1" + public
        self.assertEqual([(b"ssh-ed25519", data)], self.signed)
        self.signature.callback(b"signature")
        self.check_asked(b"publickey", b"\1" + public + NS(b"signature"))

    def test_rsa(self) -> None:
        """RSA signs as the server accepts it."""
        for told, name in ((b"ssh-ed25519,rsa-sha2-256", b"rsa-sha2-256"), (b"", b"rsa-sha2-512")):
            identity = self.identity(kind=b"ssh-rsa")
            self.start(identity)
            self.transport.peerExtensions = {b"server-sig-algs": told}
            self.fails()
            self.check_asked(b"publickey", b"\0" + NS(name) + NS(identity.blob))
            self.says(OK)
            self.assertEqual(name, self.signed[0][0])

    def test_order(self) -> None:
        """Keys are tried in their order, then the password, once each."""
        one, two = self.identity(b"one"), self.identity(b"two")
        self.start(one, two, password="hush hush")
        for identity in (one, two):
            self.fails()
            self.check_asked(b"publickey", b"\0" + ED + NS(identity.blob))
        self.fails()
        self.check_asked(b"password", b"\0" + NS(b"hush hush"))
        self.fails()
        text = self.text()
        self.assertTrue(text.startswith("me@there:22 does not let us in; tried: one (ssh-"), text)
        self.assertTrue(text.endswith(", the password; it accepts: publickey, password"), text)
        self.assertNotIn("hush", text)

    def test_only_what_would_do(self) -> None:
        """What the server does not accept is not tried."""
        self.start(self.identity(), password="hush")
        self.fails(b"password")
        self.check_asked(b"password", b"\0" + NS(b"hush"))
        self.start(self.identity(), password="hush")
        self.fails(b"hostbased")
        text = "tried: nothing, as there is no key; it accepts: hostbased"
        self.assertTrue(self.text().endswith(text), self.text())

    def test_key_and_password(self) -> None:
        """A server may want both."""
        self.start(self.identity(), password="hush")
        self.fails()
        self.says(OK)
        self.signature.callback(b"signature")
        self.transport.packets.clear()
        self.says(FAILURE, NS(b"password") + b"\1")
        self.check_asked(b"password", b"\0" + NS(b"hush"))

    def test_problems(self) -> None:
        """What could not be used is told where nothing else did."""
        self.start(problems=("id_rsa has a passphrase",))
        self.fails()
        self.assertTrue(self.text().endswith("; id_rsa has a passphrase"), self.text())

    def test_not_signed(self) -> None:
        """A key that does not sign is passed over, and told."""
        self.start(self.identity())
        self.fails()
        self.says(OK)
        self.transport.packets.clear()
        self.signature.errback(SshError("the agent would not sign"))
        self.check_asked(b"none")
        self.fails()
        self.assertTrue(
            self.text().endswith("; one does not sign: the agent would not sign"), self.text()
        )

    def test_mistake_while_signing(self) -> None:
        """So is one that fails in another way, with a traceback."""
        self.start(self.identity())
        self.fails()
        self.says(OK)
        self.transport.packets.clear()
        self.signature.errback(ZeroDivisionError("mistake"))
        self.check_asked(b"none")
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_ended_while_signing(self) -> None:
        """Nothing is sent when the connection has ended meanwhile."""
        self.start(self.identity())
        self.fails()
        self.says(OK)
        self.transport.packets.clear()
        self.service.serviceStopped()
        self.assertEqual([], self.transport.packets)

    def test_new_password(self) -> None:
        """A server that wants another password gets none."""
        self.start(password="hush")
        self.fails()
        self.transport.packets.clear()
        self.says(OK, NS(b"Your password has expired") + NS(b""))
        self.check_asked(b"none")
        self.fails()
        self.text()
