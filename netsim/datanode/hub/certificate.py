"""The certificate of a router: self-signed on first start, for those who are given the file."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from netsim.datanode.hub.files import check_private, create_private, explained
from netsim.datanode.place import CERTIFICATE, KEY
from netsim.errors import HostError

__all__ = ["NAMES", "Certificate", "find_certificate"]

NAMES = ("localhost", "127.0.0.1", "::1", "sisock-crossbar", "sisock_crossbar")
"""What a router is called on its machine, and in the containers of the document."""

LASTS = timedelta(days=3652)
_AHEAD = timedelta(days=1)
"""Other machines' clocks may be late."""


@frozen
class Certificate:
    """
    A certificate, and its key.

    @ivar names: for which it is; host names and addresses.
    @ivar until: when it expires.
    """

    path: Path
    key: Path
    names: frozenset[str]
    until: datetime

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of these names for which it is not."""
        return [name for name in names if name not in self.names]


def find_certificate(directory: Path, names: Sequence[str], now: datetime) -> Certificate:
    """
    Find the certificate of a directory; if there is none, make one.

    @param names: of this machine, for which one that is made is, beside L{NAMES}.
    @param now: aware of its time zone.
    @raise HostError: it cannot be read or written, is damaged or expired, or goes with another
        key.
    """
    path, key = directory / CERTIFICATE, directory / KEY
    if not path.exists() and not key.exists():
        _make(path, key, [*NAMES, *names], now)
    check_private(key)
    return _read(path, key, now)


def _make(path: Path, key: Path, names: Sequence[str], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "netsim-hub")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _AHEAD)
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(map(_general, dict.fromkeys(names))), False)
        # Its key makes no other certificate that somebody would trust.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(private, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    create_private(key, private.private_bytes(serialization.Encoding.PEM, form, plain))
    _publish(path, made.public_bytes(serialization.Encoding.PEM))


def _publish(path: Path, pem: bytes) -> None:
    # Not private: other machines get a copy.
    try:
        create_private(path, pem)
        path.chmod(0o644)
    except OSError as error:
        raise explained(path, error) from error


def _general(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _read(path: Path, key: Path, now: datetime) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    again = f"remove {path} and {key.name}, and others are made"
    found = _load(path, x509.load_pem_x509_certificate, "certificate", again)
    private = _load(key, lambda pem: load_pem_private_key(pem, None), "key", again)
    if found.public_key() != private.public_key():
        raise HostError(f"{path}: it does not go with {key}: {again}")
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        first, last = found.not_valid_before_utc, found.not_valid_after_utc
        raise HostError(f"{path}: it is valid from {first:%F} to {last:%F}: {again}")
    return Certificate(path, key, _names(found), found.not_valid_after_utc)


def _load(path: Path, load: Any, what: str, again: str) -> Any:
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise HostError(f"{path}: {error.strerror}: {again}") from error
    except (ValueError, TypeError) as error:
        # TypeError: a key that wants a password.
        raise HostError(f"{path}: this is no {what} in PEM, or it is damaged: {again}") from error


def _names(certificate: Any) -> frozenset[str]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(
        str(name.value) for name in found.value if isinstance(name, x509.DNSName | x509.IPAddress)
    )
