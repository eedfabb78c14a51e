"""Tests for L{netsim.datanode.hub.certificate}."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.certificate import NAMES, Certificate, find_certificate
from netsim.errors import HostError

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class CertificateTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = self.make_directory()
        self.path = self.directory / "server_cert.pem"
        self.key = self.directory / "server_key.pem"

    def make_directory(self) -> Path:
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        return directory

    def find(self, *names: str, now: datetime = NOW) -> Certificate:
        return find_certificate(self.directory, names, now)

    def refused(self, now: datetime = NOW) -> str:
        return str(self.assertRaises(HostError, self.find, now=now))

    def test_first_start(self) -> None:
        """One is made, for ten years, and kept."""
        made = self.find("lab.example", "10.0.0.5", "localhost")
        self.assertEqual(made.names, {*NAMES, "lab.example", "10.0.0.5"})
        self.assertEqual((made.path, made.key), (self.path, self.key))
        self.assertAlmostEqual((made.until - NOW).days, 3652, delta=2)
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o644)
        pem = self.path.read_bytes()
        self.assertEqual(self.find(), made)
        self.assertEqual(self.path.read_bytes(), pem)

    def test_self_signed(self) -> None:
        """It vouches for itself, and for no other."""
        self.find()
        found = x509.load_pem_x509_certificate(self.path.read_bytes())
        found.verify_directly_issued_by(found)
        basic = found.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertFalse(basic.value.ca)

    def test_missing_names(self) -> None:
        made = self.find("one")
        self.assertEqual(made.missing(["one", "two", "::1"]), ["two"])

    def test_expired(self) -> None:
        """Neither is one that is valid only later."""
        until = self.find().until
        self.assertEqual(self.find(now=until - timedelta(seconds=1)).until, until)
        text = self.refused(now=until)
        self.assertIn(f"{self.path}: it is valid from 2029-12-31 to ", text)
        self.assertIn(f"remove {self.path} and server_key.pem, and others are made", text)
        self.assertIn("it is valid from", self.refused(now=NOW - timedelta(days=2)))

    def test_damaged(self) -> None:
        self.find()
        pem, key = self.path.read_bytes(), self.key.read_bytes()
        self.path.write_bytes(pem[:-60])
        self.assertIn(f"{self.path}: this is no certificate in PEM", self.refused())
        self.path.write_bytes(pem)
        self.key.write_bytes(b"")
        self.assertIn(f"{self.key}: this is no key in PEM", self.refused())
        self.key.write_bytes(key)
        self.find()

    def test_half(self) -> None:
        """One of both files is not there."""
        self.find()
        self.path.unlink()
        self.assertIn(f"{self.path}: No such file or directory: remove", self.refused())
        self.find_again()
        self.key.unlink()
        self.assertIn(f"{self.key}: No such file", self.refused())

    def find_again(self) -> None:
        self.key.unlink()
        self.find()

    def test_other_key(self) -> None:
        self.find()
        other = find_certificate(self.make_directory(), [], NOW)
        self.key.write_bytes(other.key.read_bytes())
        self.assertIn(f"{self.path}: it does not go with {self.key}", self.refused())

    def test_readable_key(self) -> None:
        self.find()
        self.key.chmod(0o644)
        self.assertIn("others can read this secret", self.refused())

    def test_key_with_password(self) -> None:
        self.find()
        private = serialization.load_pem_private_key(self.key.read_bytes(), None)
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        locked = serialization.BestAvailableEncryption(b"x")
        self.key.write_bytes(private.private_bytes(pem, form, locked))
        self.assertIn("this is no key in PEM", self.refused())

    def test_without_names(self) -> None:
        """One of somebody else may have none."""
        private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
        made = (
            x509.CertificateBuilder(name, name, private.public_key(), 1)
            .not_valid_before(NOW)
            .not_valid_after(NOW + timedelta(days=1))
            .sign(private, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self.path.write_bytes(made.public_bytes(pem))
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self.key.write_bytes(private.private_bytes(pem, form, plain))
        self.key.chmod(0o600)
        self.assertEqual(self.find().names, frozenset())
