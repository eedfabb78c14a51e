"""Tests for L{netsim.proxy.session}: what is recorded of a session, however it goes."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from netsim.script.journal import DOWNSTREAM, UPSTREAM, pack
from tests.properties import examples
from tests.proxy.case import ProxyCase
from tests.script.recording import said
from tests.script.strategies import segments

BROKE = (
    "127.0.0.1:40001: the connection to the {} broke:"
    " Connection to the other side was lost in a non-clean fashion."
)


class RecordTests(ProxyCase):
    """What was forwarded is recorded."""

    def test_session(self) -> None:
        """The document holds the exchanges, and the log one line."""
        client, server = self.connect()
        self.talk(client, b"one\n")
        self.talk(server, b"1\n")
        self.talk(client, b"two\n")
        self.talk(server, b"2\n")
        self.close(client)
        self.close(server)
        self.assertEqual(["session-1.json"], self.files())
        self.assertEqual([(b"one\n", b"1\n"), (b"two\n", b"2\n")], self.said())
        self.assertEqual((False, "client"), self.facts())
        self.assertEqual(
            [
                "127.0.0.1:40001: 2 exchanges, 8 bytes up, 4 bytes down,"
                f" closed by the client -> {self.directory}/session-1.json"
            ],
            self.logged("info", "warn", "error"),
        )

    def test_segments(self) -> None:
        """The journal has every segment as it came, when the call that brought it returns."""
        client, server = self.connect()
        before = self.journal()
        for wire, kind, data in (
            (client, UPSTREAM, b"\0as"),
            (client, UPSTREAM, b"k"),
            (server, DOWNSTREAM, b"\xff"),
        ):
            wire.protocol.dataReceived(data)
            before += pack(kind, 1000.0, data)
            self.assertEqual(before, self.journal())

    def test_twoClients(self) -> None:
        """Clients that are there at once have each their own file."""
        sessions = [self.connect(), self.connect()]
        for number, (client, server) in enumerate(sessions):
            self.talk(client, b"ask%d" % number)
            self.talk(server, b"answer%d" % number)
        for client, _ in reversed(sessions):
            client.vanish()
        self.network.settle()
        self.assertEqual(["session-1.json", "session-2.json"], self.files())
        self.assertEqual([(b"ask0", b"answer0")], self.said(1))
        self.assertEqual([(b"ask1", b"answer1")], self.said(2))

    def test_nothingSaid(self) -> None:
        """A session in which nothing is said is an empty recording."""
        client, server = self.connect()
        self.close(client)
        self.close(server)
        self.assertEqual([], self.exchanges())

    def test_forwardOnly(self) -> None:
        """Without recordings no file is written, and the log tells who closed."""
        self.factory._recordings = None
        client, server = self.connect()
        self.talk(client, b"ask")
        self.close(server)
        self.close(client)
        self.assertEqual(b"ask", server.heard)
        self.assertEqual([], self.files())
        self.assertEqual(["127.0.0.1:40001: closed by the server"], self.logged("info"))

    def test_earlyWords(self) -> None:
        """What a client says while its server is being reached is not lost."""
        client = self.network.wire(self.factory)
        self.talk(client, b"early")
        self.assertFalse(client.is_reading)
        server = self.upstream.accept()
        self.network.settle()
        self.assertEqual(b"early", server.heard)
        server.vanish()
        self.network.settle()
        self.assertEqual([(b"early", b"")], self.said())


class EndTests(ProxyCase):
    """The recording tells who ended the session, and whether that broke it."""

    def test_server(self) -> None:
        """The server has said all first."""
        client, server = self.connect()
        self.talk(client, b"quit")
        self.close(server)
        self.close(client)
        self.assertEqual((False, "server"), self.facts())

    def test_clientGone(self) -> None:
        """A client that vanishes breaks the session."""
        client, _ = self.connect()
        self.talk(client, b"ask")
        client.vanish()
        self.network.settle()
        self.assertEqual((True, "client"), self.facts())
        self.assertEqual([BROKE.format("client")], self.logged("warn", "error"))

    def test_serverGone(self) -> None:
        """A server that vanishes in the middle breaks it; what it said until then is kept."""
        client, server = self.connect()
        self.talk(client, b"ask")
        self.talk(server, b"ans")
        server.vanish()
        self.network.settle()
        self.assertIsNotNone(client.lost)
        self.assertEqual([(b"ask", b"ans")], self.said())
        self.assertEqual((True, "server"), self.facts())
        self.assertEqual([BROKE.format("server")], self.logged("warn", "error"))

    def test_goneAfterItsEnd(self) -> None:
        """A client that asks, says that this was all, and vanishes before the answer."""
        client, _ = self.connect()
        self.talk(client, b"ask")
        self.close(client)
        client.vanish()
        self.network.settle()
        self.assertEqual((True, "client"), self.facts())

    def test_refused(self) -> None:
        """A server that cannot be reached closes the client, and the log says why."""
        client = self.network.wire(self.factory)
        self.talk(client, b"early")
        self.upstream.refuse()
        self.network.settle()
        self.assertIsNotNone(client.lost)
        self.assertEqual(set(), self.factory.sessions)
        self.assertEqual([(b"", b"")], self.said())
        self.assertEqual((True, "server"), self.facts())
        self.assertEqual(
            ["the server cannot be reached: Connection was refused by other side."],
            self.logged("warn"),
        )

    def test_goneWhileConnecting(self) -> None:
        """A client that leaves while its server is being reached leaves nothing open."""
        client = self.network.wire(self.factory)
        connecting = self.upstream.waiting[0][1]
        client.vanish()
        self.network.settle()
        self.assertTrue(connecting.called)
        self.assertEqual(set(), self.factory.sessions)
        self.assertEqual((True, "client"), self.facts())
        self.assertEqual([BROKE.format("client")], self.logged("warn", "error"))

    def test_stopped(self) -> None:
        """A proxy that stops closes both sides at once."""
        client, server = self.connect()
        self.talk(client, b"ask")
        server.deaf = True
        client.say(b"more")
        self.factory.stop()
        self.network.settle()
        self.assertTrue(client.lost and server.lost)
        self.assertEqual([(b"ask", b"")], self.said())
        self.assertEqual((True, "proxy"), self.facts())

    def test_stoppedWhileConnecting(self) -> None:
        """A proxy that stops gives up the server that is being reached."""
        client = self.network.wire(self.factory)
        connecting = self.upstream.waiting[0][1]
        self.factory.stop()
        self.network.settle()
        self.assertTrue(connecting.called)
        self.assertIsNotNone(client.lost)
        self.assertEqual((True, "proxy"), self.facts())
        self.assertEqual([], self.logged("warn", "error"))


class PropertyTests(ProxyCase):
    """The bytes of a recording are those that were forwarded, whatever they are."""

    turns = st.lists(st.tuples(st.sampled_from([UPSTREAM, DOWNSTREAM]), segments), max_size=12)

    @examples(60)
    @hypothesis.given(turns, st.sampled_from([10, 200, 1 << 20]))
    def test_exact(self, session: list[tuple[int, bytes]], limit: int) -> None:
        """Any segments of both sides, with and without spool files."""
        self.spool_above(limit)
        number = len(self.network.wires) // 2 + 1
        client, server = self.connect()
        for direction, data in session:
            self.talk(client if direction == UPSTREAM else server, data)
        self.close(client)
        self.close(server)
        recorded = self.said(number)
        self.assertEqual(said(session, UPSTREAM), server.heard)
        self.assertEqual(said(session, DOWNSTREAM), client.heard)
        self.assertEqual(server.heard, b"".join(command for command, _ in recorded))
        self.assertEqual(client.heard, b"".join(response for _, response in recorded))
        self.assertFalse(self.recordings.troubled)
