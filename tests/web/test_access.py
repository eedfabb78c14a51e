"""Tests of L{netsim.web.access}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.web.access import Access, is_loopback, read_origin
from tests.properties import examples

LOCAL = Access(ports=(5000, 5001))
TOKEN = Access(token="s3cret")
OTHER_SERVER = "Origin: pages of other servers may not do this"
OTHER_PORT = "Origin: pages of other ports may not do this"


class HostTests(SynchronousTestCase):
    """The name under which the server was found."""

    def test_ofThisMachine(self) -> None:
        """Names that are always this machine will do, with any port or none."""
        for host in ("localhost", "LocalHost:1", "127.0.0.1:5000", "127.9.8.7", "[::1]:5001"):
            self.assertIsNone(LOCAL.host_problem(host), host)

    def test_rebound(self) -> None:
        """Any other name may be somebody's who lets it point here."""
        for host in (
            "example.org",
            "example.org:5000",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "example.org:80@localhost",
            "example.org#@localhost",
            "localhost/",
            "localhost:x",
            "localhost:",
            " localhost",
            "localhost\n",
            "192.168.0.1",
            "[::2]",
            "0.0.0.0",
            "",
            None,
        ):
            problem = LOCAL.host_problem(host)
            assert problem is not None, host
            self.assertTrue(problem.startswith("Host: this server is for this machine only"))

    def test_others(self) -> None:
        """Where others may come, or a token is asked for, every name will do."""
        for access in (TOKEN, Access(is_local=False)):
            self.assertIsNone(access.host_problem("example.org"))
            self.assertIsNone(access.host_problem(None))


class OriginTests(SynchronousTestCase):
    """Where a page comes from."""

    def test_program(self) -> None:
        """Programs have none."""
        self.assertIsNone(LOCAL.origin_problem(None, "localhost:5001"))

    def test_own(self) -> None:
        """The daemon's own pages may do everything, on each of its ports."""
        for origin, host in (
            ("http://localhost:5000", "localhost:5000"),
            ("http://localhost:5000", "localhost:5001"),
            ("http://LOCALHOST:5001", "Localhost:5000"),
            ("http://[::1]:5000", "[::1]:5001"),
            ("http://10.0.0.1:7000", "10.0.0.1:7000"),
        ):
            self.assertIsNone(LOCAL.origin_problem(origin, host), origin)

    def test_defaultPorts(self) -> None:
        """What is on the usual port, such as a proxy, has no port in its name."""
        for origin in ("http://example.org", "https://example.org", "https://example.org:443"):
            self.assertIsNone(LOCAL.origin_problem(origin, "example.org"), origin)
        self.assertIsNone(LOCAL.origin_problem("https://example.org", "example.org:443"))
        self.assertEqual(OTHER_PORT, LOCAL.origin_problem("http://example.org:443", "example.org"))

    def test_otherServers(self) -> None:
        """Pages of other servers, and those that hide where they come from, may not."""
        for origin in (
            "http://example.org:5000",
            "http://localhost.example.org:5000",
            "http://127.0.0.1:5000",
            "null",
            "",
            "file://",
            "ftp://localhost:5000",
            "localhost:5000",
            "http://localhost:5000/",
            "http://localhost:5000 http://example.org",
            "http://localhost:123456",
        ):
            self.assertEqual(OTHER_SERVER, LOCAL.origin_problem(origin, "localhost:5000"), origin)

    def test_withoutHost(self) -> None:
        """A page whose request does not say whom it wants may not."""
        for host in (None, "", "local host"):
            self.assertEqual(OTHER_SERVER, LOCAL.origin_problem("http://localhost:5000", host))

    def test_otherPorts(self) -> None:
        """Another server on this machine is another server."""
        for origin in ("http://localhost:8000", "http://localhost", "https://localhost"):
            self.assertEqual(OTHER_PORT, LOCAL.origin_problem(origin, "localhost:5000"), origin)


class WelcomeTests(SynchronousTestCase):
    """Pages of other servers that were named."""

    def test_named(self) -> None:
        """They may do everything."""
        access = Access(origins=frozenset({"http://grafana:3000"}))
        self.assertTrue(access.welcomes("http://Grafana:3000"))
        self.assertIsNone(access.origin_problem("http://grafana:3000", "localhost:5000"))
        for origin in (None, "http://grafana:3001", "http://grafana", "null", "*"):
            self.assertFalse(access.welcomes(origin), origin)

    def test_all(self) -> None:
        """Or all of them; a program is no page."""
        access = Access(origins=frozenset({"*"}))
        self.assertTrue(access.welcomes("null"))
        self.assertFalse(access.welcomes(None))

    def test_read(self) -> None:
        """An origin is read as browsers write it."""
        for text in ("http://grafana:3000", "https://example.org", "http://[::1]:5000", "*"):
            self.assertEqual(read_origin(text), text)
        self.assertEqual(read_origin("HTTP://Grafana"), "http://grafana")
        for text in ("", "grafana", "http://", "http://x/", "ftp://x", "http://x:y", "**"):
            self.assertRaisesRegex(ValueError, "expected an origin", read_origin, text)


class TokenTests(SynchronousTestCase):
    """Who knows the token."""

    def test_none(self) -> None:
        """Where none is asked for, none or any will do."""
        self.assertIsNone(LOCAL.token_problem())
        self.assertIsNone(LOCAL.token_problem("Bearer x", ["y"], ["netsim.token.z"]))

    def test_ways(self) -> None:
        """It may be given in each of three ways; one right one is enough."""
        for way in (
            {"authorization": "Bearer s3cret"},
            {"authorization": "bearer  s3cret "},
            {"query": ["s3cret"]},
            {"query": ["no", "s3cret"]},
            {"subprotocols": ["other", "netsim.token.s3cret"]},
            {"authorization": "Bearer no", "query": ["s3cret"]},
        ):
            self.assertIsNone(TOKEN.token_problem(**way), way)  # type: ignore[arg-type]

    def test_missing(self) -> None:
        """Without one, it is said how it can be given."""
        for way in ({}, {"authorization": "Basic s3cret"}, {"subprotocols": ["s3cret"]}):
            self.assertEqual(
                "a token is needed: as Authorization: Bearer TOKEN, or as ?token=TOKEN",
                TOKEN.token_problem(**way),  # type: ignore[arg-type]
            )

    def test_wrong(self) -> None:
        """A wrong one is wrong, and the right one is not shown."""
        for way in (
            {"authorization": "Bearer"},
            {"authorization": "Bearer s3cre"},
            {"query": [""]},
            {"query": ["S3CRET", "s3cret "]},
            {"query": ["\u20ac", "\udc80"]},
            {"subprotocols": ["netsim.token."]},
        ):
            self.assertEqual(
                "the token is wrong",
                TOKEN.token_problem(**way),  # type: ignore[arg-type]
                way,
            )

    @examples(50)
    @given(st.text(), st.text())
    def test_any(self, token: str, given: str) -> None:
        """Whatever it is, it is right if it is the same."""
        self.assertEqual(token == given, Access(token=token).token_problem(query=[given]) is None)

    def test_hidden(self) -> None:
        """It is no part of what is shown."""
        self.assertNotIn("s3cret", repr(TOKEN))

    def test_subprotocol(self) -> None:
        """The subprotocol with a token is selected, and no other, whether one is needed or not."""
        for access in (LOCAL, TOKEN):
            self.assertEqual("netsim.token.x", access.subprotocol(["a", "netsim.token.x"]))
            self.assertIsNone(access.subprotocol(["a", "b"]))
            self.assertIsNone(access.subprotocol([]))


class LoopbackTests(SynchronousTestCase):
    """Who is always on this machine."""

    def test_peers(self) -> None:
        """Addresses of peers are known in each way they are written."""
        for host in ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"):
            self.assertTrue(is_loopback(host), host)
        for host in ("10.0.0.1", "::2", "::ffff:10.0.0.1", "example.org", "", "128.0.0.1"):
            self.assertFalse(is_loopback(host), host)
