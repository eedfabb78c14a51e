"""Blobs that are missing are fetched from a remote cache."""

from __future__ import annotations

import gzip
import hashlib

from tests.integration.peers import Web, ask, connect
from tests.integration.processes import Service, Word
from tests.integration.recordings import RecordingTestCase

CONTENTS = bytes(range(256)) * 100
NAME = hashlib.sha1(CONTENTS).hexdigest()


class RemoteBlobsTests(RecordingTestCase):
    """A recording whose blob is elsewhere."""

    def setUp(self) -> None:
        super().setUp()
        script = {"type": "script", "command": "get\n", "response_blob": NAME}
        self.script = self.write_script(script)
        self.cache = self.directory / "cache"
        self.cache.mkdir()
        self.remote = self.cache / f"{NAME}.gz"
        self.remote.write_bytes(gzip.compress(CONTENTS))
        self.local = self.directory / "blobs" / self.remote.name

    def start_replay(self, cache: Word, ready: bool = True) -> Service:
        """Replay with a remote cache."""
        environment = {"REPLAY_BLOB_REMOTE_CACHE": cache}
        return self.replay(self.script, environment=environment, ready=ready)

    def check_fetched(self, cache: Word) -> None:
        """The blob is fetched, kept and played."""
        replay = self.start_replay(cache)
        self.assertEqual(self.local.read_bytes(), self.remote.read_bytes())
        with connect(replay.address) as client:
            self.assertEqual(ask(client, b"get\n", len(CONTENTS)), CONTENTS)
        self.check_stopped(replay)

    def check_refused(self, cache: Word, *words: str) -> None:
        """The blob cannot be had, the log says why, and nothing is kept."""
        replay = self.start_replay(cache, ready=False)
        self.check_status(replay, 1)
        self.check_told(replay, f"blob {NAME}", *words)
        self.assertNotIn("Traceback", replay.stderr)
        self.assertFalse(self.local.exists())

    def test_directory(self) -> None:
        """From a directory."""
        self.check_fetched(self.cache)

    def test_web(self) -> None:
        """From an HTTP server."""
        web = Web(self, self.directory)
        self.check_fetched(f"http://{web.address}/cache")

    def test_missing(self) -> None:
        """A blob that the cache does not have either."""
        self.remote.unlink()
        self.check_refused(self.cache, "is missing")
        web = Web(self, self.directory)
        self.check_refused(f"http://{web.address}/cache", "404")

    def test_other_contents(self) -> None:
        """A blob that does not hold what its name says."""
        self.remote.write_bytes(gzip.compress(b"something else"))
        self.check_refused(self.cache, "holds other bytes", str(self.cache))

    def test_truncated(self) -> None:
        """A blob that ends too soon."""
        self.remote.write_bytes(self.remote.read_bytes()[:-10])
        web = Web(self, self.directory)
        self.check_refused(f"http://{web.address}/cache", "is truncated")
