"""A disk that fills up while a session is recorded: it is forwarded all the same."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.integration.peers import Upstream, ask, connect, read, shout
from tests.integration.processes import PATIENCE, Word
from tests.integration.recordings import RecordingTestCase, exchanges, said

ROOM = 4 << 20
"""Bytes that can be recorded."""
DOWNLOAD = os.urandom(4 * ROOM)


class DiskFullTests(RecordingTestCase):
    """A download that is larger than the disk, and what comes after it."""

    def check_forwarding(self, basename: str, wrapper: Sequence[Word] = ()) -> None:
        """Everything is forwarded, the log says so in one line, and the status is 1."""
        upstream = Upstream(self, shout_or_send)
        proxy = self.proxy(upstream.address, "-o", basename, wrapper=wrapper)
        with connect(proxy.address) as talking, connect(proxy.address) as client:
            self.assertEqual(ask(talking, b"before\n"), b"BEFORE\n")
            client.sendall(b"download\n")
            # Not assertEqual: a difference of megabytes is nothing to print.
            self.assertTrue(read(client, len(DOWNLOAD)) == DOWNLOAD)
            self.assertEqual(ask(client, b"after\n"), b"AFTER\n")
            self.assertEqual(ask(talking, b"meanwhile\n"), b"MEANWHILE\n")
        proxy.logs("cannot record any more")
        self.check_stopped(proxy, 1)
        self.assertEqual(proxy.stderr.count("cannot record any more"), 1, proxy.stderr)
        self.assertNotIn("Traceback", proxy.stderr)

    def check_recording(self, path: Path) -> None:
        """The beginning of the download is there, and marked."""
        [first] = exchanges(path)
        self.assertEqual(first.command, b"download\n")
        self.assertTrue(DOWNLOAD.startswith(first.response))
        self.assertGreater(len(first.response), ROOM // 4)
        self.assertTrue(first.facts.partial)

    def test_limited_files(self) -> None:
        """Files that may not grow (C{ulimit -f}), which fails as a full disk does."""
        limit = f'ulimit -f {ROOM // 512}; exec "$@"'
        self.check_forwarding("session", ["sh", "-c", limit, "sh"])
        self.check_recording(self.path(2))
        whole = [(word, word.upper()) for word in (b"before\n", b"meanwhile\n")]
        self.assertEqual(said(self.path(1)), whole)

    def test_full_disk(self) -> None:
        """A disk that is full to the last byte; what it holds is recovered when there is room."""
        disk = self.mount()
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1 << 20))
        self.check_forwarding(f"{disk}/session")
        ballast.unlink()
        self.proxy("127.0.0.1:1", "-o", f"{disk}/session")
        self.check_recording(disk / "session-2.json")
        self.assertEqual(said(disk / "session-1.json")[0], (b"before\n", b"BEFORE\n"))

    def mount(self) -> Path:
        """A small disk of its own."""
        disk = self.directory / "disk"
        disk.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={ROOM + (1 << 20)}", "tmpfs", disk]
        mounting = subprocess.run(["mount", *options], capture_output=True, timeout=PATIENCE)
        if mounting.returncode:
            raise SkipTest(f"this user cannot mount: {mounting.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True, timeout=PATIENCE)
        return disk


def shout_or_send(connection: socket.socket) -> None:
    """Send a large file to a client that begins with C{download}; then L{shout}."""
    if connection.recv(9, socket.MSG_PEEK) == b"download\n":
        connection.recv(9)
        connection.sendall(DOWNLOAD)
    shout(connection)
