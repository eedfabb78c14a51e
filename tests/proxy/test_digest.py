"""Tests for L{netsim.proxy.digest}."""

from __future__ import annotations

import hashlib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.proxy import digest
from netsim.proxy.digest import RunningDigest


class RunningDigestTests(SynchronousTestCase):
    """A file that grows is hashed on the way."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.write_bytes(b"first")
        self.patch(digest, "_PIECE", 10)
        self.digest = RunningDigest(self.path)
        self.addCleanup(self.digest.close)

    def grow(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def assertDigest(self, data: bytes) -> None:
        """The rest is hashed, and this is what was hashed in all."""
        self.assertEqual(hashlib.sha1(data).hexdigest(), self.digest.finish())

    def test_whole(self) -> None:
        """A file that was never followed is hashed at the end."""
        self.grow(b"x" * 100)
        self.assertDigest(b"first" + b"x" * 100)

    def test_onTheWay(self) -> None:
        """What was hashed is not read again."""
        self.digest.advance()
        self.path.write_bytes(b"other")
        self.grow(b"more")
        self.assertDigest(b"firstmore")

    def test_steps(self) -> None:
        """One step hashes a part of what has come; the next ones catch up."""
        self.path.write_bytes(b"a" * 400)
        self.digest.advance()
        self.path.write_bytes(b"b" * 400)
        self.digest.advance()
        self.path.write_bytes(b"c" * 400)
        self.assertDigest(b"a" * 160 + b"b" * 160 + b"c" * 80)

    def test_nothingNew(self) -> None:
        """Steps without anything new do no harm."""
        for _ in range(3):
            self.digest.advance()
        self.assertDigest(b"first")
