"""L{netsim.datanode.tls}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from service_identity.exceptions import CertificateError, DNSMismatch
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import KeyPair, PrivateCertificate
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, connect
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.datanode.tls import PinnedCertificate, client_tls, why_untrusted
from netsim.errors import HostError, RouterError


def certificate(name: str) -> PrivateCertificate:
    """Make one that vouches for itself."""
    made: PrivateCertificate = KeyPair.generate(size=2048).selfSignedCert(1, CN=name)
    return made


SERVER = certificate("a hub")
OTHER = certificate("a hub")


class Remembering(Protocol):
    """Greets, and remembers what it gets."""

    def __init__(self) -> None:
        self.received = b""
        self.lost: Failure | None = None

    def connectionMade(self) -> None:
        self.transport.write(b"hello")

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason


class Base(SynchronousTestCase):
    """Two ends of a connection."""

    def file(self, *certificates: PrivateCertificate) -> Path:
        """Write them into a file."""
        path = Path(self.mktemp())
        path.write_bytes(b"\n".join(each.dumpPEM() for each in certificates))
        return path

    def connected(self, creator: Any, shown: PrivateCertificate = SERVER) -> list[Remembering]:
        """Connect a client with this to a server that shows this; both ends."""
        ends = [Remembering(), Remembering()]
        protocols, clock = [], Clock()
        for end, options, is_client in zip(
            ends, (creator, shown.options()), (True, False), strict=True
        ):
            factory = Factory.forProtocol(lambda end=end: end)
            wrapped = TLSMemoryBIOFactory(options, is_client, factory, clock=clock)
            protocols.append(wrapped.buildProtocol(None))
        client, server = protocols
        pump = connect(
            *(server, FakeTransport(server, True)), *(client, FakeTransport(client, False))
        )
        for _ in range(5):
            pump.flush()
            clock.advance(0)
        return ends


class PinnedTests(Base):
    """The file is the identity."""

    def test_same(self) -> None:
        """The certificate is in the file."""
        client, server = self.connected(client_tls("any.name", self.file(SERVER)))
        self.assertEqual([b"hello", b"hello"], [client.received, server.received])

    def test_several(self) -> None:
        """The file may hold several, as when a hub gets another one."""
        client, _ = self.connected(client_tls("any.name", self.file(OTHER, SERVER)))
        self.assertEqual(b"hello", client.received)

    def test_other(self) -> None:
        """Another one, of the same name: nothing is said, and the reason is known."""
        path = self.file(OTHER)
        client, server = self.connected(client_tls("any.name", path))
        self.assertEqual([b"", b""], [client.received, server.received])
        assert client.lost is not None
        self.assertEqual(f"its certificate is not the one in {path}", why_untrusted(client.lost))

    def test_interface(self) -> None:
        """It is what Twisted wants."""
        verifyObject(IOpenSSLClientConnectionCreator, PinnedCertificate(self.file(SERVER)))

    def test_missing(self) -> None:
        """There is no such file."""
        error = self.assertRaises(HostError, client_tls, "name", Path("no", "such.pem"))
        self.assertEqual("no/such.pem: No such file or directory", str(error))

    def test_none(self) -> None:
        """There is no certificate in it."""
        path = Path(self.mktemp())
        path.write_text("something else")
        error = self.assertRaises(HostError, client_tls, "name", path)
        self.assertEqual(f"{path}: there is no certificate in it", str(error))

    def test_damaged(self) -> None:
        """It cannot be read."""
        path = self.file(SERVER)
        path.write_bytes(path.read_bytes()[:200])
        error = self.assertRaises(HostError, client_tls, "name", path)
        self.assertEqual(f"{path}: a certificate in it cannot be read", str(error))


class SystemTests(Base):
    """No file: the system tells whom to trust."""

    def test_unknown(self) -> None:
        """Nobody vouches for it."""
        client, server = self.connected(client_tls("a.hub", None))
        # That the certificate names no host is told by Twisted itself.
        self.flushLoggedErrors(CertificateError)
        self.assertEqual([b"", b""], [client.received, server.received])
        assert client.lost is not None
        reason = why_untrusted(client.lost) or ""
        self.assertIn("nobody vouches for its certificate (certificate verify failed)", reason)
        self.assertIn("--certificate", reason)


class ReasonTests(SynchronousTestCase):
    """What errors mean."""

    def test_reasons(self) -> None:
        """One sentence for each; others are none of ours."""
        errors: list[tuple[Exception, str | None]] = [
            (RouterError("as it is"), "as it is"),
            (VerificationError([DNSMismatch("a")]), "its certificate is for another host"),
            (SSL.Error([("", "", "wrong version number")]), "TLS with us (wrong version number)"),
            (SSL.Error(), "does not speak TLS with us (no reason is given)"),
            (ConnectionDone(), None),
        ]
        for error, expected in errors:
            found = why_untrusted(Failure(error))
            if expected is None:
                self.assertIsNone(found)
            else:
                self.assertIn(expected, found or "")
