"""What C{kill -9} of the proxy leaves: everything that was forwarded."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys

from tests.integration.peers import Upstream, ask, connect, read, read_all, shout
from tests.integration.processes import RUNNERS, Process
from tests.integration.recordings import RecordingTestCase, exchanges, said

PIECE = bytes(range(256)) * 256
ENOUGH = 24 << 20
"""Bytes of the endless answer that the client has when the proxy dies."""
LINES = [b"line %d\n" % number for number in range(100)]
TALK = [(line, line.upper()) for line in LINES]


class CrashTests(RecordingTestCase):
    """A proxy is killed while one client talks and another one downloads."""

    def setUp(self) -> None:
        super().setUp()
        self.upstream = Upstream(self, talk_or_stream)
        doomed = self.proxy(self.upstream.address)
        talking, downloading = self.connect(doomed.address), self.connect(doomed.address)
        self.assertEqual([(line, ask(talking, line)) for line in LINES], TALK)
        downloading.sendall(b"stream\n")
        self.downloaded = read(downloading, ENOUGH)
        self.assertEqual(len(self.downloaded), ENOUGH, str(doomed))
        doomed.send_signal(signal.SIGKILL)
        self.downloaded += read_all(downloading)
        self.check_status(doomed, -signal.SIGKILL)

    def connect(self, address: str) -> socket.socket:
        """A client that stays until the test ends."""
        client = connect(address)
        self.addCleanup(client.close)
        return client

    def check_recovered(self) -> None:
        """Both recordings are there, and tell all that the clients heard."""
        self.assertEqual((self.numbers(".json"), self.numbers(".journal")), ([1, 2], []))
        self.assertEqual(list(self.directory.glob("*.spool-*")), [])
        self.assertEqual(said(self.path(1)), TALK)
        [download] = exchanges(self.path(2))
        self.assertEqual(download.command, b"stream\n")
        # Not assertEqual: a difference of megabytes is nothing to print.
        self.assertTrue(download.response.startswith(self.downloaded))
        whole = PIECE * (len(download.response) // len(PIECE) + 1)
        self.assertTrue(whole.startswith(download.response))
        self.assertTrue(download.facts.partial)

    def test_next_start(self) -> None:
        """The next proxy with the same basename recovers, before it accepts clients."""
        self.proxy(self.upstream.address)
        self.check_recovered()

    def test_command(self) -> None:
        """C{netsim recover} recovers."""
        self.check_status(self.recover(), 0)
        self.check_recovered()

    def test_live_journal(self) -> None:
        """What a proxy that lives still writes is left alone, and finished by that one."""
        living = self.proxy(self.upstream.address)
        client = self.connect(living.address)
        self.assertEqual(ask(client, b"first\n"), b"FIRST\n")
        self.check_status(self.recover(), 0)
        self.proxy(self.upstream.address)
        self.assertEqual((self.numbers(".json"), self.numbers(".journal")), ([1, 2], [3]))
        self.assertEqual(ask(client, b"second\n"), b"SECOND\n")
        client.close()
        self.assertEqual(
            said(self.recorded(3)), [(b"first\n", b"FIRST\n"), (b"second\n", b"SECOND\n")]
        )

    def recover(self) -> Process:
        """Run C{netsim recover} to its end."""
        return self.start(sys.executable, *RUNNERS["netsim"], "recover", "session")


class StopTests(RecordingTestCase):
    """A proxy that is asked to end, and has the time to do it well."""

    def test_open_sessions(self) -> None:
        """Sessions that are open are ended, and their recordings finished, large ones too."""
        proxy = self.proxy(Upstream(self, talk_or_stream).address)
        with connect(proxy.address) as talking, connect(proxy.address) as downloading:
            self.assertEqual([(line, ask(talking, line)) for line in LINES], TALK)
            downloading.sendall(b"stream\n")
            downloaded = read(downloading, ENOUGH)
            proxy.send_signal(signal.SIGTERM)
            downloaded += read_all(downloading)
        self.check_status(proxy, -signal.SIGTERM)
        self.assertEqual((self.numbers(".json"), self.numbers(".journal")), ([1, 2], []))
        self.assertEqual(said(self.path(1)), TALK)
        [download] = exchanges(self.path(2))
        self.assertTrue(download.response.startswith(downloaded))
        self.assertEqual((download.facts.closed_by, download.facts.partial), ("proxy", True))


def talk_or_stream(connection: socket.socket) -> None:
    """Send bytes for ever to a client that says C{stream}, else L{shout}."""
    if connection.recv(7, socket.MSG_PEEK) != b"stream\n":
        shout(connection)
    else:
        with contextlib.suppress(ConnectionError):
            while True:
                connection.sendall(PIECE)
