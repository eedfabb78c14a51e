"""64 MiB of random bytes from a real HTTP server: byte exact, in constant memory."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.integration.peers import Web
from tests.integration.processes import PATIENCE, Service, eventually
from tests.integration.recordings import RecordingTestCase

SIZE = 64 << 20
GROWTH = 32 << 20
"""The most memory that recording or replaying may take beside what a process has anyway."""
PAUSE = 0.5
"""Seconds in which the client does not read."""


class DownloadTests(RecordingTestCase):
    """A download by a client that is slow at first, with the server and without it."""

    def test_download(self) -> None:
        """Both give the same bytes, neither needs memory for them, and the blob is gzipped."""
        served = self.directory / "served"
        served.mkdir()
        wanted = write_random(served / "file")
        proxy = self.proxy(Web(self, served).address)
        self.assertEqual(self.downloaded(proxy), wanted)
        blob = self.packed_blob()
        self.check_stopped(proxy)
        self.assertEqual(blob.stem, digest_of_gzip(blob, "sha1"))

        replay = self.replay(self.path())
        self.assertEqual(self.downloaded(replay), wanted)
        self.check_stopped(replay)

    def downloaded(self, service: Service) -> str:
        """The digest of the file; the memory that it took is checked."""
        before = service.peak_memory
        client = HTTPConnection(service.address, timeout=PATIENCE)
        with contextlib.closing(client):
            client.request("GET", "/file", headers={"Host": "files"})
            # Much more than the time to send all of it to somebody who reads.
            time.sleep(PAUSE)
            digest = hashlib.file_digest(client.getresponse(), "sha256")
        self.assertLess(service.peak_memory - before, GROWTH)
        return digest.hexdigest()

    def packed_blob(self) -> Path:
        """Wait for the one blob of the recording in its gzipped form."""
        blobs = self.recorded().parent / "blobs"

        def packed() -> Path | None:
            names = list(blobs.iterdir())
            return names[0] if len(names) == 1 and names[0].suffix == ".gz" else None

        return eventually(packed, lambda: f"one .gz among {os.listdir(blobs)}")


def write_random(path: Path) -> str:
    """Write a file of random bytes; its digest."""
    data = os.urandom(SIZE)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def digest_of_gzip(path: Path, algorithm: str) -> str:
    """The digest of what is in a gzipped file."""
    with gzip.open(path) as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
