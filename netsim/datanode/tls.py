"""
Whom to believe that he is the router.

A hub makes its own certificate, which nobody else vouches for: its file is its identity, and
whoever has the file trusts that very certificate, under any host name, and no other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from OpenSSL import SSL, crypto
from service_identity import VerificationError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, optionsForClientTLS
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.errors import HostError, RouterError

__all__ = ["PinnedCertificate", "client_tls", "why_untrusted"]

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def client_tls(host: str, certificate: Path | None) -> Any:
    """
    Make what TLS connections are made with.

    @param certificate: the only one to trust; L{None}: those that the system trusts for the
        host.
    @return: an L{IOpenSSLClientConnectionCreator}.
    @raise HostError: the file cannot be read, or holds no certificate.
    """
    return optionsForClientTLS(host) if certificate is None else PinnedCertificate(certificate)


def why_untrusted(failure: Failure) -> str | None:
    """Say why a connection is not trusted; L{None}: it is for another reason that it ended."""
    error = failure.value
    if isinstance(error, RouterError):
        return str(error)
    if isinstance(error, VerificationError):
        return "its certificate is for another host; --certificate tells which to trust"
    if isinstance(error, SSL.Error):
        said = ", ".join(part[-1] for part in error.args[0]) if error.args else ""
        if "verify" in said:
            return (
                f"nobody vouches for its certificate ({said}); --certificate tells which to trust"
            )
        return f"it does not speak TLS with us ({said or 'no reason is given'})"
    return None


@implementer(IOpenSSLClientConnectionCreator)
class PinnedCertificate:
    """Trusts the certificates in a file, and no other."""

    def __init__(self, path: Path) -> None:
        """@raise HostError: the file cannot be read, or holds no certificate."""
        self._path = path
        self._trusted = _read(path)
        # No chain leads to a certificate that vouches for itself: it is compared as a whole.
        self._context = CertificateOptions(verify=False).getContext()
        self._context.set_info_callback(self._happened)

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """Begin a connection."""
        connection = SSL.Connection(self._context, None)
        connection.set_app_data(tlsProtocol)
        return connection

    def _happened(self, connection: SSL.Connection, where: int, what: int) -> None:
        # As Twisted's own check of the host name: nothing of ours has been sent yet.
        if where & SSL.SSL_CB_HANDSHAKE_DONE and not self._knows(connection):
            text = f"its certificate is not the one in {self._path}"
            connection.get_app_data().failVerification(Failure(RouterError(text)))

    def _knows(self, connection: SSL.Connection) -> bool:
        shown = connection.get_peer_certificate()
        return shown is not None and _bytes(shown) in self._trusted


def _read(path: Path) -> frozenset[bytes]:
    try:
        parts = path.read_bytes().split(_BEGIN)[1:]
        found = [crypto.load_certificate(crypto.FILETYPE_PEM, _BEGIN + part) for part in parts]
    except OSError as error:
        raise HostError(f"{path}: {error.strerror or error}") from error
    except crypto.Error as error:
        raise HostError(f"{path}: a certificate in it cannot be read") from error
    if not found:
        raise HostError(f"{path}: there is no certificate in it")
    return frozenset(map(_bytes, found))


def _bytes(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
