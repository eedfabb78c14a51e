"""Tests for L{netsim.addresses}."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from netsim.addresses import Address, describe, describe_range, join
from netsim.errors import AddressError


class ParseTests(SynchronousTestCase):
    """What L{Address.parse} reads and refuses."""

    def check(self, text: str, is_datagram: bool, host: str | None, port: int | None) -> None:
        expected = Address(text, is_datagram, host, port)
        self.assertEqual(Address.parse(text), expected)
        self.assertEqual(str(expected), text)

    def test_host_and_port(self) -> None:
        """A name, an IPv4 literal and an IPv6 literal in brackets are hosts."""
        self.check("example.org:80", False, "example.org", 80)
        self.check("127.0.0.1:0", False, "127.0.0.1", 0)
        self.check("[::1]:65535", False, "::1", 65535)

    def test_datagram(self) -> None:
        """C{udp:} comes before a host and a port."""
        self.check("udp:127.0.0.1:99", True, "127.0.0.1", 99)
        self.check("udp:[::1]:99", True, "::1", 99)

    def test_description(self) -> None:
        """An endpoint type wins over a host of that name."""
        for text in "tcp:80", "tls:example.org:443", "unix:/run/x", "systemd:domain=INET:index=0":
            self.check(text, False, None, None)

    def test_refused(self) -> None:
        """What cannot be read is refused with what was expected."""
        for text, reason in {
            "": "'' is no address: expected host:port, ",
            "80": "did you mean 127.0.0.1:80?",
            ":80": "':80' names no host: did you mean 127.0.0.1:80?",
            "::1:80": "an IPv6 address goes in brackets",
            "[::g]:80": "'::g' is no IPv6 address",
            "300.0.0.1:80": "'300.0.0.1' is no IPv4 address",
            "a:65536": "'65536' is no port: expected a number from 0 to 65535",
            "a:-1": "'-1' is no port",
            "a:+1": "'+1' is no port",
            "a:": "'' is no port",
            "a b:80": "'a b:80' is no address",
            "http://a:80": "'http://a:80' is no address",
            "nonsense:a:80": "expected host:port",
            "udp:80": "did you mean 127.0.0.1:80?",
        }.items():
            self.assertIn(reason, str(self.assertRaises(AddressError, Address.parse, text)))


class EndpointTests(SynchronousTestCase):
    """The endpoints that an L{Address} makes."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def listen(self, text: str) -> tuple[object, ...]:
        Address.parse(text).server(self.reactor).listen(Factory())
        port, _, *rest = self.reactor.tcpServers[-1]
        return port, *rest

    def test_server(self) -> None:
        """A server has room for thousands of connections, and localhost is 127.0.0.1."""
        self.assertEqual(self.listen("localhost:7"), (7, 4096, "127.0.0.1"))
        self.assertEqual(self.listen("0.0.0.0:7"), (7, 4096, "0.0.0.0"))
        self.assertEqual(self.listen("[::1]:7"), (7, 4096, "::1"))

    def test_described_server(self) -> None:
        """A description says its own interface and backlog."""
        self.assertEqual(self.listen("tcp:7:interface=127.0.0.2:backlog=9"), (7, 9, "127.0.0.2"))

    def test_client(self) -> None:
        """A literal is connected to without a resolver."""
        for text, host in (("127.0.0.1:7", "127.0.0.1"), ("[::1]:7", "::1"), ("tcp:h:7", "h")):
            Address.parse(text).client(self.reactor).connect(Factory())
            self.assertEqual(self.reactor.tcpClients[-1][:2], (host, 7))

    def test_name(self) -> None:
        """A name is resolved."""
        client = Address.parse("localhost:7").client(self.reactor)
        self.assertIsInstance(client, HostnameEndpoint)

    def refused(self, text: str, role: str) -> str:
        make = getattr(Address.parse(text), role)
        return str(self.assertRaises(AddressError, make, self.reactor))

    def test_bad_descriptions(self) -> None:
        """A mistake that shows when an endpoint is made is an L{AddressError}."""
        for text, role, reason in (
            ("tcp:80:no=1", "server", "got an unexpected keyword argument 'no'"),
            ("tcp:http", "server", "'http'"),
            ("tcp", "server", "missing 1 required positional argument: 'port'"),
            ("tcp:80\\", "server", "cannot be used: "),
            ("systemd:domain=INET:name=x", "server", "'x'"),
            ("systemd:x", "client", "Unknown endpoint type: 'systemd'"),
            ("tcp:host", "client", "missing 1 required positional argument: 'port'"),
            ("127.0.0.1:0", "client", "nobody can be reached on port 0"),
            ("udp:127.0.0.1:9", "client", "is for datagrams"),
            ("udp:127.0.0.1:9", "server", "is for datagrams"),
        ):
            self.assertIn(reason, self.refused(text, role))

    def test_missing_files(self) -> None:
        """A file that is not there is named."""
        for text, role in (
            ("ssl:443:privateKey=/no/key.pem", "server"),
            ("tls:/no/key.pem:443", "server"),
            ("tls:h:443:certificate=/no/key.pem", "client"),
        ):
            self.assertIn("/no/key.pem: No such", self.refused(text, role))

    def test_bad_certificate(self) -> None:
        """A file that is no certificate is an L{AddressError}."""
        path = Path(self.mktemp()).absolute()
        path.write_text("no certificate")
        self.assertIn("cannot be used", self.refused(f"ssl:443:privateKey={path}", "server"))


class DescribeTests(SynchronousTestCase):
    """How addresses are written."""

    def test_join(self) -> None:
        """What is written is read again."""
        for host, text in (("localhost", "localhost:80"), ("::1", "[::1]:80")):
            self.assertEqual(text, join(host, 80))
            self.assertEqual((host, 80), (Address.parse(text).host, Address.parse(text).port))

    def test_describe(self) -> None:
        """Each address is written as it would be read."""
        for address, text in (
            (IPv4Address("TCP", "127.0.0.1", 43127), "127.0.0.1:43127"),
            (IPv6Address("TCP", "::1", 80), "[::1]:80"),
            (IPv4Address("UDP", "127.0.0.1", 99), "udp:127.0.0.1:99"),
            (IPv6Address("UDP", "::1", 99), "udp:[::1]:99"),
            (UNIXAddress("/run/x"), "unix:/run/x"),
        ):
            self.assertEqual(describe(address), text)

    def test_ranges(self) -> None:
        """Consecutive ports of one host and kind become a range."""
        ports = [IPv4Address("TCP", "127.0.0.1", port) for port in (5, 6, 7, 9)]
        others = [
            IPv4Address("TCP", "127.0.0.2", 10),
            IPv4Address("UDP", "127.0.0.2", 11),
            UNIXAddress("/run/x"),
        ]
        expected = "127.0.0.1:5-7 127.0.0.1:9 127.0.0.2:10 udp:127.0.0.2:11 unix:/run/x"
        self.assertEqual(describe_range(ports + others), expected)
