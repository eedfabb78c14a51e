"""Tests of L{netsim.daemon.handshake}."""

from __future__ import annotations

import json

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.handshake import MAX_REQUEST
from netsim.web.access import Access
from tests.daemon.sockets import Net, Socket, masked, request
from tests.framing import single

SECRET = Access(token="s3cret", ports=(5000, 5001), is_local=False)


class HandshakeTestCase(SynchronousTestCase):
    """Somebody begins a WebSocket."""

    def setUp(self) -> None:
        self.net = Net()
        self.logged: list[str] = []
        globalLogPublisher.addObserver(self.observe)
        self.addCleanup(globalLogPublisher.removeObserver, self.observe)

    def observe(self, event: dict[str, object]) -> None:
        self.logged.append(repr(event))

    def ask(self, path: str = "/", **headers: str | None) -> Socket:
        client = self.net.client()
        client.say(request(path, **headers))
        return client

    def header(self, client: Socket, name: str) -> str | None:
        """A header of the answer."""
        lines = client.received.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines).get(name)

    def assertRefused(self, client: Socket, status: int, error: str) -> None:
        """It got this answer, the connection is closed, and nobody was told."""
        self.assertEqual(status, client.status)
        body = client.received.partition(b"\r\n\r\n")[2]
        self.assertEqual({"error": error}, json.loads(body))
        self.assertEqual(str(len(body)), self.header(client, "Content-Length"))
        self.assertEqual("application/json", self.header(client, "Content-Type"))
        self.assertTrue(client.closed)
        self.assertEqual([], self.net.board.told)
        self.assertEqual([], self.net.calls)


class AcceptTests(HandshakeTestCase):
    """Whoever is let in."""

    def test_paths(self) -> None:
        """Existing clients use any path, and no subprotocol."""
        for path in ("/", "/cli", "/web", "//ws/", "/x?y=z"):
            client = self.ask(path)
            self.assertEqual(101, client.status)
            self.assertEqual(
                "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", self.header(client, "Sec-WebSocket-Accept")
            )
            self.assertIsNone(self.header(client, "Sec-WebSocket-Protocol"))
            self.assertIsNone(self.header(client, "Server"))
        self.assertEqual(["connected"] * 5, self.net.board.told)

    def test_byteByByte(self) -> None:
        """The request may come in any pieces, and messages right behind it."""
        client = self.net.client()
        client.say_each(single(request() + masked(b"{}")))
        self.assertEqual((101, ["connected", b"{}"]), (client.status, self.net.board.told))
        client = self.net.client()
        client.say(request() + masked(b"[]"))
        self.assertEqual(b"[]", self.net.board.told[-1])

    def test_compression(self) -> None:
        """No compression is agreed on: it would be another one for each receiver."""
        client = self.ask(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
        self.assertEqual(101, client.status)
        self.assertIsNone(self.header(client, "Sec-WebSocket-Extensions"))

    def test_origin(self) -> None:
        """The daemon's own pages may come in."""
        self.assertEqual(101, self.ask(Origin="http://localhost:5000").status)

    def test_otherSubprotocols(self) -> None:
        """Subprotocols that nobody knows are not selected."""
        client = self.ask(Sec_WebSocket_Protocol="chat, superchat")
        self.assertEqual(101, client.status)
        self.assertIsNone(self.header(client, "Sec-WebSocket-Protocol"))


class RefuseTests(HandshakeTestCase):
    """Whoever is not."""

    def test_origin(self) -> None:
        """Pages of somebody else are told so, and the log has a line."""
        for origin in ("http://example.org", "null", "http://localhost.example.org:5000"):
            self.assertRefused(
                self.ask(Origin=origin), 403, "Origin: pages of other servers may not do this"
            )
        self.assertRefused(
            self.ask(Origin="http://localhost:1"),
            403,
            "Origin: pages of other ports may not do this",
        )
        self.assertEqual(4, len([line for line in self.logged if "is refused" in line]))

    def test_host(self) -> None:
        """So are those who know this machine under another name."""
        client = self.ask(Host="example.org", Origin="http://example.org")
        self.assertRefused(
            client,
            403,
            "Host: this server is for this machine only: call it localhost or 127.0.0.1",
        )

    def test_strange(self) -> None:
        """What is no request for a WebSocket of today is answered as HTTP has it."""
        self.assertEqual(426, self.ask(Upgrade=None).status)
        self.assertEqual(400, self.ask(Host=None).status)
        self.assertEqual(400, self.ask(Origin="http://localhost:x").status)
        client = self.ask(Sec_WebSocket_Version="8")
        self.assertEqual((400, "13"), (client.status, self.header(client, "Sec-WebSocket-Version")))
        client = self.net.client()
        client.say(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual((405, True), (client.status, client.closed))
        self.assertEqual([], self.net.board.told)

    def test_quiet(self) -> None:
        """What strangers send does not get into the log."""
        client = self.net.client()
        client.say(b"GET / HTTP/1.1\r\nHost: \x1b[31m\r\n\r\n")
        self.ask("/?redirect=http://example.org&after=x", Upgrade=None)
        self.ask(Sec_WebSocket_Key="xyzzy")
        self.assertEqual([], self.logged)


class LimitTests(HandshakeTestCase):
    """Whoever does not get to the point."""

    def test_size(self) -> None:
        """A request is not read for ever."""
        client = self.net.client()
        client.say(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(MAX_REQUEST // 1000):
            client.say(b"x" * 1000)
        self.assertEqual(0, client.status)
        client.say(b"x" * 1000)
        self.assertRefused(client, 431, "the request is too long")

    def test_later(self) -> None:
        """What comes after it was refused is not kept."""
        client = self.net.client()
        client.stop_reading()
        client.say(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_REQUEST)
        before = len(client.transport.protocol.data)
        client.say(b"y" * 1000)
        self.assertEqual(before, len(client.transport.protocol.data))
        self.net.reactor.pass_time(1)
        self.assertTrue(client.closed)

    def test_once(self) -> None:
        """What has been refused is not refused again, however much comes behind it."""
        client = self.net.client()
        client.stop_reading()
        client.say(b"GET / HTTP/1.1\r\n\r\n" + b"x" * (MAX_REQUEST + 1))
        client.read()
        self.assertEqual(1, client.received.count(b"HTTP/1.1"))

    def test_large(self) -> None:
        """What comes behind the request does not count."""
        client = self.net.client()
        client.say(request() + masked(b"x" * MAX_REQUEST))
        self.assertEqual((101, b"x" * MAX_REQUEST), (client.status, self.net.board.told[-1]))

    def test_time(self) -> None:
        """It has five seconds."""
        client = self.net.client()
        client.say(request()[:-1])
        self.net.reactor.pass_time(4.9)
        self.assertFalse(client.closed)
        self.net.reactor.pass_time(0.1)
        self.assertTrue(client.closed)
        self.assertEqual([], self.net.calls)
        self.assertEqual([], self.net.board.told)


class TokenTests(HandshakeTestCase):
    """Where a token is needed."""

    def setUp(self) -> None:
        super().setUp()
        self.net = Net(SECRET)

    def test_ways(self) -> None:
        """It may come in a header, in the URL, or as a subprotocol, which is selected."""
        self.assertEqual(101, self.ask(Authorization="Bearer s3cret").status)
        self.assertEqual(101, self.ask("/ws?a=b&token=s3cret").status)
        client = self.ask(Sec_WebSocket_Protocol="chat, netsim.token.s3cret")
        self.assertEqual(101, client.status)
        self.assertEqual("netsim.token.s3cret", self.header(client, "Sec-WebSocket-Protocol"))

    def test_refused(self) -> None:
        """Without it, or with another one, nobody comes in, and no token is shown."""
        client = self.ask()
        self.assertEqual("Bearer", self.header(client, "WWW-Authenticate"))
        self.assertRefused(
            client, 401, "a token is needed: as Authorization: Bearer TOKEN, or as ?token=TOKEN"
        )
        for client in (
            self.ask(Authorization="Bearer wrong1"),
            self.ask("/?token=wrong2"),
            self.ask(Sec_WebSocket_Protocol="netsim.token.wrong3"),
        ):
            self.assertRefused(client, 401, "the token is wrong")
        self.assertNotIn("s3cret", "".join(self.logged))
        self.assertNotIn("wrong", "".join(self.logged).replace("is wrong", ""))

    def test_originToo(self) -> None:
        """A page of somebody else is refused, token or not."""
        client = self.ask("/?token=s3cret", Origin="http://example.org")
        self.assertEqual(403, client.status)
        self.assertIsNone(self.header(client, "WWW-Authenticate"))
