"""L{netsim.proxy.watching}: a proxy, as its page shows it."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from zope.interface.verify import verifyObject

from netsim.errors import ActionError
from netsim.proxy import watching
from netsim.proxy.datagrams import DatagramProxy
from netsim.proxy.factory import ProxyFactory
from netsim.proxy.watching import ProxyWatch, watch
from netsim.status.duties import Duties
from netsim.status.report import LISTED, IWatched
from tests.proxy.case import ProxyCase

ANN = ("127.0.0.1", 7001)
SERVER = ("192.0.2.1", 5025)


def at_ten() -> float:
    return 1_700_000_010.0


class StreamTests(ProxyCase):
    """One whose clients connect."""

    def setUp(self) -> None:
        super().setUp()
        self.factory = ProxyFactory(self.upstream, self.recordings, at_ten)
        self.watch = ProxyWatch(self.factory, self.recordings, "here:1", "there:2", lambda: "ended")

    def test_it_can_be_watched(self) -> None:
        verifyObject(IWatched, self.watch)

    def test_nothing_has_happened(self) -> None:
        self.assertEqual(
            {
                "address": "here:1",
                "upstream": "there:2",
                "sessions open": 0,
                "sessions total": 0,
                "exchanges": 0,
                "bytes up": 0,
                "bytes down": 0,
                "recordings unfinished": 0,
                "sessions": {},
            },
            self.watch.status(),
        )

    def test_sessions(self) -> None:
        """What went through each, and through all."""
        client, server = self.connect()
        for _ in range(2):
            self.talk(client, b"ask", b" more")
            self.talk(server, b"answer")
        other, _ = self.connect()
        self.talk(other, b"hello")
        status = self.watch.status()
        since = "2023-11-14 22:13:30 UTC"
        self.assertEqual(
            {
                "1": {
                    "peer": "127.0.0.1:40001",
                    "exchanges": 2,
                    "bytes up": 16,
                    "bytes down": 12,
                    "since": since,
                },
                "2": {
                    "peer": "127.0.0.1:40003",
                    "exchanges": 1,
                    "bytes up": 5,
                    "bytes down": 0,
                    "since": since,
                },
            },
            status["sessions"],
        )
        self.assertEqual((2, 2), (status["sessions open"], status["sessions total"]))
        sums = [status[name] for name in ("exchanges", "bytes up", "bytes down")]
        self.assertEqual([3, 21, 12], sums)
        self.assertEqual(2, status["recordings unfinished"])

    def test_what_has_ended_still_counts(self) -> None:
        client, server = self.connect()
        self.talk(client, b"ask")
        self.talk(server, b"answer")
        self.close(client)
        self.close(server)
        status = self.watch.status()
        self.assertEqual(
            (0, 1, {}), (*map(status.get, ("sessions open", "sessions total", "sessions")),)
        )
        sums = [status[name] for name in ("exchanges", "bytes up", "bytes down")]
        self.assertEqual([1, 3, 6], sums)
        self.assertEqual(0, status["recordings unfinished"])

    def test_of_many_sessions_the_last_are_told(self) -> None:
        for _ in range(LISTED + 3):
            self.network.wire(self.factory)
        status = self.watch.status()
        self.assertEqual(LISTED + 3, status["sessions open"])
        self.assertEqual([*map(str, range(4, LISTED + 4))], list(status["sessions"]))

    def test_without_recordings(self) -> None:
        watched = ProxyWatch(ProxyFactory(self.upstream), None, "", "", lambda: "")
        self.assertEqual(0, watched.status()["recordings unfinished"])

    def test_a_session_is_closed(self) -> None:
        """That one, and no other; its recording is kept."""
        client, server = self.connect()
        other, _ = self.connect()
        self.talk(client, b"ask")
        self.assertEqual("session 1 is closed", self.watch.close_session(1))
        self.network.settle()
        self.assertTrue(client.lost and server.lost)
        self.assertIsNone(other.lost)
        self.assertEqual([(b"ask", b"")], self.said(1))
        self.assertEqual((True, "proxy"), self.facts(1))
        self.assertEqual(["2"], list(self.watch.status()["sessions"]))

    def test_a_session_that_there_is_not(self) -> None:
        error = self.assertRaises(ActionError, self.watch.close_session, 1)
        self.assertEqual("there is no session 1", str(error))

    def test_what_can_be_done(self) -> None:
        duties = Duties(self.watch.duties())
        self.assertEqual(["close_session", "stop"], list(duties.describe()))
        self.assertEqual({"session": "int"}, duties.describe()["close_session"]["args"])
        self.assertEqual("ended", self.successResultOf(duties.call("stop", None)))


class DatagramTests(ProxyCase):
    """One whose clients send datagrams."""

    def setUp(self) -> None:
        super().setUp()
        self.proxy = DatagramProxy(self.network, SERVER, self.recordings, 10, at_ten)
        self.network.listenUDP(8088, self.proxy)
        self.watch = ProxyWatch(self.proxy, self.recordings, "here:1", "there:2", lambda: "ended")

    def test_sessions(self) -> None:
        self.proxy.datagramReceived(b"one", ANN)
        self.network.datagram_ports[-1].protocol.datagramReceived(b"first", SERVER)
        self.proxy.datagramReceived(b"two", ANN)
        told = {
            "peer": "udp:127.0.0.1:7001",
            "exchanges": 2,
            "bytes up": 6,
            "bytes down": 5,
            "since": "2023-11-14 22:13:30 UTC",
        }
        self.assertEqual({"1": told}, self.watch.status()["sessions"])

    def test_one_that_has_ended_still_counts(self) -> None:
        self.proxy.datagramReceived(b"one", ANN)
        self.network.advance(10)
        self.proxy.datagramReceived(b"again", ANN)
        status = self.watch.status()
        self.assertEqual(["2"], list(status["sessions"]))
        names = ("sessions open", "sessions total", "exchanges", "bytes up", "bytes down")
        self.assertEqual([1, 2, 2, 8, 0], [status[name] for name in names])

    def test_a_session_is_closed(self) -> None:
        self.proxy.datagramReceived(b"one", ANN)
        self.watch.close_session(1)
        self.assertEqual({}, self.proxy.sessions)
        self.assertRaises(ActionError, self.watch.close_session, 1)


class WatchTests(ProxyCase):
    def test_the_report(self) -> None:
        """It is one of a proxy that listens there."""
        made: list[Any] = []
        self.patch(watching, "report_of", lambda *args: made.append(args))
        address, config = IPv4Address("TCP", "127.0.0.1", 8088), {"remote": "there:2"}
        watch(self.network, config, self.factory, None, address)
        [(reactor, given, name, addresses, watched)] = made
        self.assertEqual((self.network, config, "netsim-proxy"), (reactor, given, name))
        self.assertEqual([address], addresses)
        self.assertEqual(("127.0.0.1:8088", "there:2"), (watched.address, watched.upstream))
        self.assertEqual("stopping", watched.stop())
        self.assertEqual(1, len(self.network.getDelayedCalls()))
